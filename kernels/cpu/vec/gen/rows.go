package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

// elementwise writes the kernels without a fused sum: the same in both modes.
func elementwise() {
	k := begin(none, "addTo", "n int, y, x *float32)")
	n, y, x := length(integer("n")), pointer("y"), pointer("x")
	k.sweep(n, func() {
		v, w := k.load(y), k.load(x)
		VADDPS(w, v, v)
		k.store(v, y)
	})
	end()

	k = begin(none, "scaleTo", "n int, y *float32, a float32, x *float32)")
	n, y, x = length(integer("n")), pointer("y"), pointer("x")
	a := scalar("a")
	k.sweep(n, func() {
		v := k.load(x)
		VMULPS(a, v, v)
		k.store(v, y)
	})
	end()

	k = begin(none, "multiplyBy", "n int, y, x *float32)")
	n, y, x = length(integer("n")), pointer("y"), pointer("x")
	k.sweep(n, func() {
		v, w := k.load(y), k.load(x)
		VMULPS(w, v, v)
		k.store(v, y)
	})
	end()
}

// rows writes sums over rows and sums of rows.
func rows(mode arithmetic) {
	k := begin(mode, "dot", "n int, x, y *float32) float32")
	n, x, y := length(integer("n")), pointer("x"), pointer("y")
	s := zero()
	k.sweep(n, func() { k.madd(k.load(x), k.load(y), s) })
	tree(s)
	Store(s.AsX(), ReturnIndex(0))
	end()

	k = begin(mode, "axpy", "n int, y *float32, a float32, x *float32)")
	n, x, y = length(integer("n")), pointer("x"), pointer("y")
	a := scalar("a")
	k.sweep(n, func() {
		v := k.load(y)
		k.madd(k.load(x), a, v)
		k.store(v, y)
	})
	end()

	k = begin(mode, "addSquares", "n int, y, x *float32)")
	n, x, y = length(integer("n")), pointer("x"), pointer("y")
	k.sweep(n, func() {
		v, w := k.load(y), k.load(x)
		k.madd(w, w, v)
		k.store(v, y)
	})
	end()

	// z = b·y + (a·x)
	k = begin(mode, "blend", "rows, n int, z *float32, ldz int, a float32, x *float32, ldx int, b float32, y *float32, ldy int)")
	count, n := integer("rows"), length(integer("n"))
	z, x, y := pointer("z"), pointer("x"), pointer("y")
	ldz, ldx, ldy := integer("ldz"), integer("ldx"), integer("ldy")
	a, b := scalar("a"), scalar("b")
	k.repeat(count, func() {
		k.sweep(n, func() {
			v := k.load(x)
			VMULPS(a, v, v)
			k.madd(k.load(y), b, v)
			k.store(v, z)
		})
		ADDQ(ldz, z)
		ADDQ(ldx, x)
		ADDQ(ldy, y)
	})
	end()
	mixBackward(mode)
}

// mixBackward: the sums of d·x and d·x0 over all rows; then s += skip·d, or s = skip·d, and d = resid·d.
func mixBackward(mode arithmetic) {
	k := begin(mode, "mixBackward", "rows, n int, d *float32, ldd int, s *float32, lds int, x *float32, ldx int, x0 *float32, ldx0 int, "+
		"resid, skip float32, first int) (dresid, dskip float32)")
	count, n := integer("rows"), length(integer("n"))
	d, s, x, x0 := pointer("d"), pointer("s"), pointer("x"), pointer("x0")
	ldd, lds, ldx, ldx0 := integer("ldd"), integer("lds"), integer("ldx"), integer("ldx0")
	resid, skip := scalar("resid"), scalar("skip")
	sumX, sumX0 := zero(), zero()
	keep := scalar("resid") // lanes of ones where s is kept, of zeros where this is the first gradient
	first := integer("first")
	VXORPS(keep, keep, keep)
	TESTQ(first, first)
	JNZ(LabelRef("set"))
	VCMPPS(Imm(0), keep, keep, keep)
	Label("set")
	k.repeat(count, func() {
		k.sweep(n, func() {
			v := k.load(d)
			k.madd(k.load(x), v, sumX)
			k.madd(k.load(x0), v, sumX0)
			w := k.load(s)
			VANDPS(keep, w, w)
			k.madd(v, skip, w)
			k.store(w, s)
			VMULPS(resid, v, v)
			k.store(v, d)
		})
		ADDQ(ldd, d)
		ADDQ(lds, s)
		ADDQ(ldx, x)
		ADDQ(ldx0, x0)
	})
	tree(sumX)
	tree(sumX0)
	Store(sumX.AsX(), Return("dresid"))
	Store(sumX0.AsX(), Return("dskip"))
	end()
}
