package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// asFloat is an integer parameter as a float32 in lane 0.
func asFloat(n Register) VecVirtual {
	v := YMM()
	VXORPS(v, v, v)
	VCVTSI2SSQ(n, v.AsX(), v.AsX())
	return v
}

// inverseRMS turns a sum of squares in lane 0 into 1/sqrt(sum/n + eps) in every lane, and stores it at r.
func inverseRMS(sum, n, eps VecVirtual, r Mem) {
	one := YMM()
	VDIVSS(n.AsX(), sum.AsX(), sum.AsX())
	VADDSS(eps.AsX(), sum.AsX(), sum.AsX())
	VSQRTSS(sum.AsX(), sum.AsX(), sum.AsX())
	VMOVUPS(constant(1), one)
	VDIVSS(sum.AsX(), one.AsX(), sum.AsX())
	VMOVSS(sum.AsX(), r)
	VBROADCASTSS(sum.AsX(), sum)
}

func norms(mode arithmetic) {
	k := begin(mode, "norm", "rows, n int, x *float32, ldx int, h *float32, ldh int, r *float32, ldr int, eps float32)")
	count, n := integer("rows"), length(integer("n"))
	x, h, r := pointer("x"), pointer("h"), pointer("r")
	ldx, ldh, ldr := integer("ldx"), integer("ldh"), integer("ldr")
	eps, size := scalar("eps"), asFloat(n.n)
	k.repeat(count, func() {
		s := zero()
		k.sweep(n, func() {
			v := k.load(x)
			k.madd(v, v, s)
		})
		tree(s)
		inverseRMS(s, size, eps, Mem{Base: r})
		k.sweep(n, func() {
			v := k.load(x)
			VMULPS(s, v, v)
			k.store(v, h)
		})
		ADDQ(ldx, x)
		ADDQ(ldh, h)
		ADDQ(ldr, r)
	})
	end()

	// b = r·(d·h/n); dx = r·d - b·h, or dx + r·d - b·h.
	k = begin(mode, "normBackward", "rows, n int, dx *float32, ldx int, d *float32, ldd int, h *float32, ldh int, r *float32, ldr int, first int)")
	count, n = integer("rows"), length(integer("n"))
	dx, d, h, r := pointer("dx"), pointer("d"), pointer("h"), pointer("r")
	ldx, ldd, ldh, ldr := integer("ldx"), integer("ldd"), integer("ldh"), integer("ldr")
	size = asFloat(n.n)
	first := integer("first")
	k.repeat(count, func() {
		b, rr := alongRow(k, n, d, h, Mem{Base: r}, size)
		set, done := k.label("set"), k.label("next")
		TESTQ(first, first)
		JNZ(LabelRef(set))
		k.sweep(n, func() {
			v := k.load(dx)
			k.madd(k.load(d), rr, v)
			k.msub(k.load(h), b, v)
			k.store(v, dx)
		})
		JMP(LabelRef(done))
		Label(set)
		k.sweep(n, func() {
			v := k.load(d)
			VMULPS(rr, v, v)
			k.msub(k.load(h), b, v)
			k.store(v, dx)
		})
		Label(done)
		ADDQ(ldx, dx)
		ADDQ(ldd, d)
		ADDQ(ldh, h)
		ADDQ(ldr, r)
	})
	end()
}

// alongRow returns b = r·(d·h/n) and r, each in every lane.
func alongRow(k *kernel, n extent, d, h Register, r Mem, size VecVirtual) (b, rr VecVirtual) {
	b, rr = zero(), YMM()
	k.sweep(n, func() { k.madd(k.load(d), k.load(h), b) })
	tree(b)
	VBROADCASTSS(r, rr)
	VDIVSS(size.AsX(), b.AsX(), b.AsX())
	VMULSS(rr.AsX(), b.AsX(), b.AsX())
	VBROADCASTSS(b.AsX(), b)
	return b, rr
}

// rotations writes the norm and rotation of attention heads. A token's row is `heads` heads of 2·half floats; consecutive tokens
// take consecutive rows of the tables, `half` floats each.
func rotations(mode arithmetic) {
	k := begin(mode, "normRotate", "tokens, heads, half int, x *float32, ldx int, r *float32, ldr int, cos, sin *float32, eps float32)")
	half := integer("half")
	whole, part := headExtents(half)
	cos, sin := pointer("cos"), pointer("sin")
	eps, size := scalar("eps"), asFloat(whole.n)
	k.heads(part, cos, sin, []rowPointer{{"x", "ldx", true}, {"r", "ldr", false}}, func(at []Register) {
		a, b := at[0], GP64()
		LEAQ(Mem{Base: a, Index: part.n, Scale: 4}, b)
		s := zero()
		k.sweep(whole, func() {
			v := k.load(a)
			k.madd(v, v, s)
		})
		tree(s)
		inverseRMS(s, size, eps, Mem{Base: at[1]})
		k.sweep(part, func() {
			v, w, c, sn := k.load(a), k.load(b), k.load(cos), k.load(sin)
			VMULPS(s, v, v)
			VMULPS(s, w, w)
			p, q := YMM(), YMM()
			VMULPS(c, v, p)
			k.madd(w, sn, p)
			VMULPS(c, w, q)
			k.msub(v, sn, q)
			k.store(p, a)
			k.store(q, b)
		})
	})
	end()

	k = begin(mode, "normRotateBackward", "tokens, heads, half int, d *float32, ldd int, y *float32, ldy int, r *float32, ldr int, cos, sin *float32)")
	half = integer("half")
	whole, part = headExtents(half)
	cos, sin = pointer("cos"), pointer("sin")
	size = asFloat(whole.n)
	k.heads(part, cos, sin, []rowPointer{{"d", "ldd", true}, {"y", "ldy", true}, {"r", "ldr", false}}, func(at []Register) {
		da, ya := at[0], at[1]
		b, rr := alongRow(k, whole, da, ya, Mem{Base: at[2]}, size)
		db, yb := GP64(), GP64()
		LEAQ(Mem{Base: da, Index: part.n, Scale: 4}, db)
		LEAQ(Mem{Base: ya, Index: part.n, Scale: 4}, yb)
		k.sweep(part, func() {
			v, w, c, sn := k.load(da), k.load(db), k.load(cos), k.load(sin)
			VMULPS(rr, v, v)
			k.msub(k.load(ya), b, v)
			VMULPS(rr, w, w)
			k.msub(k.load(yb), b, w)
			p, q := YMM(), YMM()
			VMULPS(c, v, p)
			k.msub(w, sn, p)
			VMULPS(c, w, q)
			k.madd(v, sn, q)
			k.store(p, da)
			k.store(q, db)
		})
	})
	end()
}

// headExtents are the extents of a head and of half of it.
func headExtents(half Register) (whole, part extent) {
	n := GP64()
	LEAQ(Mem{Base: half, Index: half, Scale: 1}, n)
	return length(n), length(half)
}

// rowPointer is a pointer parameter that steps from token to token by the stride named, and from head to head by a head's
// length, or by one float.
type rowPointer struct {
	base, stride string
	wide         bool
}

// heads runs body for every head of every token with the pointers at that head; cos and sin step from token to token. What stands
// still within a token lives in the frame, for there are not enough registers.
func (k *kernel) heads(half extent, cos, sin Register, pointers []rowPointer, body func(at []Register)) {
	loop := k.label("token")
	Label(loop)
	var at []Register
	for _, p := range pointers {
		at = append(at, pointer(p.base))
	}
	n := integer("heads")
	k.repeat(n, func() {
		body(at)
		for i, p := range pointers {
			if p.wide {
				LEAQ(Mem{Base: at[i], Index: half.n, Scale: 8}, at[i])
			} else {
				ADDQ(Imm(4), at[i])
			}
		}
	})
	for _, p := range pointers {
		ADDQ(integer(p.stride), frame(p.base))
	}
	LEAQ(Mem{Base: cos, Index: half.n, Scale: 4}, cos)
	LEAQ(Mem{Base: sin, Index: half.n, Scale: 4}, sin)
	DECQ(frame("tokens"))
	JNZ(LabelRef(loop))
}

// frame is where a parameter lies.
func frame(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}
