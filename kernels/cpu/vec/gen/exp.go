package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"

	"github.com/seed161a02ea/bilevel/kernels/cpu/vec/poly"
)

// predicates of VCMPPS, ordered and quiet: false for NaN
const (
	lessThan     = 0x11
	greaterThan  = 0x1e
	greaterEqual = 0x1d
)

// expCore is e^x for poly.ExpMin <= x <= poly.ExpMax, and NaN for NaN; elsewhere it is noise. The steps are those of vec.expCore.
func expCore(k *kernel, x VecVirtual) VecVirtual {
	n, f, r, y := YMM(), YMM(), YMM(), YMM()
	VMULPS(constant(poly.Log2E), x, n)
	VCVTPS2DQ(n, n)
	VCVTDQ2PS(n, f)
	VMOVAPS(x, r)
	k.msub(constant(poly.Ln2High), f, r)
	k.msub(constant(poly.Ln2Low), f, r)
	VMOVUPS(constant(poly.Exp[len(poly.Exp)-1]), y)
	for i := len(poly.Exp) - 2; i >= 0; i-- {
		k.horner(y, r, constant(poly.Exp[i]))
	}
	VPSLLD(Imm(23), n, n)
	VPADDD(n, y, y)
	return y
}

// exp is e^x for every x.
func exp(k *kernel, x VecVirtual) VecVirtual {
	y, m := expCore(k, x), YMM()
	VCMPPS(Imm(greaterThan), constant(poly.ExpMax), x, m)
	VBLENDVPS(m, word(0x7f800000), y, y)
	VCMPPS(Imm(lessThan), constant(poly.ExpMin), x, m)
	VANDNPS(y, m, y)
	return y
}

// tanh is the hyperbolic tangent of every x. With the limit as the first source a NaN, being the second, comes through.
func tanh(k *kernel, x, high, low VecVirtual) VecVirtual {
	z, p, q := YMM(), YMM(), YMM()
	VMINPS(x, high, x)
	VMAXPS(x, low, x)
	VMULPS(x, x, z)
	VMOVUPS(constant(poly.TanhP[len(poly.TanhP)-1]), p)
	VMOVUPS(constant(poly.TanhQ[len(poly.TanhQ)-1]), q)
	for i := len(poly.TanhP) - 2; i >= 0; i-- {
		k.horner(p, z, constant(poly.TanhP[i]))
		k.horner(q, z, constant(poly.TanhQ[i]))
	}
	VMULPS(x, p, p)
	VDIVPS(q, p, p)
	return p
}

// present clears the lanes that a partial vector lacks.
func (k *kernel) present(v VecVirtual) {
	if k.mask != nil {
		VANDPS(k.mask, v, v)
	}
}

func exponentials(mode arithmetic) {
	k := begin(mode, "expSum", "n int, x *float32, shift float32) float32")
	n, x := length(integer("n")), pointer("x")
	shift, s := scalar("shift"), zero()
	k.sweep(n, func() {
		v := k.load(x)
		VSUBPS(shift, v, v)
		y := exp(k, v)
		k.store(y, x)
		k.present(y)
		VADDPS(y, s, s)
	})
	tree(s)
	Store(s.AsX(), ReturnIndex(0))
	end()

	k = begin(mode, "softmaxBackward", "n int, p, d *float32, shift, along, scale float32)")
	n, p, d := length(integer("n")), pointer("p"), pointer("d")
	shift, along, scale := scalar("shift"), scalar("along"), scalar("scale")
	k.sweep(n, func() {
		v := k.load(p)
		VSUBPS(shift, v, v)
		y := exp(k, v)
		k.store(y, p)
		w := k.load(d)
		VSUBPS(along, w, w)
		VMULPS(y, w, w)
		VMULPS(scale, w, w)
		k.store(w, d)
	})
	end()

	k = begin(mode, "capExp", "n int, z, e *float32, size float32) float32")
	n, z, e := length(integer("n")), pointer("z"), pointer("e")
	s, size := zero(), scalar("size")
	high, low := YMM(), YMM()
	VMOVUPS(constant(poly.TanhMax), high)
	VMOVUPS(constant(-poly.TanhMax), low)
	k.sweep(n, func() {
		k.store(tanh(k, k.load(z), high, low), z)
	})
	// A sweep of its own: each function alone keeps the processor's window full of independent numbers, both in a row do not.
	k.sweep(n, func() {
		t := k.load(z)
		VMULPS(size, t, t)
		y := expCore(k, t)
		k.store(y, e)
		k.present(y)
		VADDPS(y, s, s)
	})
	tree(s)
	Store(s.AsX(), ReturnIndex(0))
	end()

	k = begin(mode, "capGradient", "n int, t, e *float32, inverse float32)")
	n, t, e := length(integer("n")), pointer("t"), pointer("e")
	inverse := scalar("inverse")
	k.sweep(n, func() {
		v, w, y := k.load(t), YMM(), k.load(e)
		VMOVUPS(constant(1), w)
		k.msub(v, v, w)
		VMULPS(inverse, y, y)
		VMULPS(w, y, y)
		k.store(y, t)
	})
	end()

	k = begin(mode, "gate", "rows, n int, z *float32, ldz int)")
	count, n := integer("rows"), length(integer("n"))
	z, ldz := pointer("z"), integer("ldz")
	k.repeat(count, func() {
		k.sweep(n, func() {
			v, w := zero(), YMM()
			VSUBPS(k.load(z), v, v)
			y := exp(k, v)
			VADDPS(constant(1), y, y)
			VMOVUPS(constant(2), w)
			VDIVPS(y, w, w)
			k.store(w, z)
		})
		ADDQ(ldz, z)
	})
	end()
}
