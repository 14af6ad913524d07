package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
)

func optimizers(mode arithmetic) {
	k := begin(mode, "nesterov", "n int, grad, m *float32, mu, rest float32)")
	n, g, m := length(integer("n")), pointer("grad"), pointer("m")
	mu, rest := scalar("mu"), scalar("rest")
	k.sweep(n, func() {
		x, y, d := k.load(g), k.load(m), YMM()
		VSUBPS(y, x, d)
		k.madd(d, rest, y)
		k.store(y, m)
		VSUBPS(x, y, y)
		k.madd(y, mu, x)
		k.store(x, g)
	})
	end()

	k = begin(mode, "cautious", "n int, p, grad *float32, rate, pull float32)")
	n, p, g := length(integer("n")), pointer("p"), pointer("grad")
	rate, pull := scalar("rate"), scalar("pull")
	k.sweep(n, func() {
		w, x, d, agree, decayed := k.load(p), k.load(g), YMM(), YMM(), YMM()
		VMULPS(x, w, agree)
		VMULPS(rate, x, d)
		VMOVAPS(d, decayed)
		k.madd(w, pull, decayed)
		none := zero()
		VCMPPS(Imm(greaterEqual), none, agree, agree)
		VBLENDVPS(agree, decayed, d, d)
		VSUBPS(d, w, w)
		k.store(w, p)
	})
	end()

	k = begin(mode, "adam", "n int, p, grad, m, v *float32, a1, a2, size, root, eps float32)")
	n, p, g = length(integer("n")), pointer("p"), pointer("grad")
	m, v := pointer("m"), pointer("v")
	a1, a2, size, root, eps := scalar("a1"), scalar("a2"), scalar("size"), scalar("root"), scalar("eps")
	k.sweep(n, func() {
		x, first, second, d := k.load(g), k.load(m), k.load(v), YMM()
		VSUBPS(first, x, d)
		k.madd(d, a1, first)
		k.store(first, m)
		VMULPS(x, x, d)
		VSUBPS(second, d, d)
		k.madd(d, a2, second)
		k.store(second, v)
		VSQRTPS(second, second)
		VMOVAPS(eps, d)
		k.madd(second, root, d)
		VDIVPS(d, first, first)
		w := k.load(p)
		k.msub(first, size, w)
		k.store(w, p)
	})
	end()
}
