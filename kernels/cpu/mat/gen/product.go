package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// arithmetic is how a product is added to an accumulator.
type arithmetic string

const (
	plain arithmetic = "plain" // VMULPS, VADDPS: two roundings
	fma   arithmetic = "fma"   // VFMADD231PS: one
)

// The epilogue flags, as in mat.go.
const (
	flagAdd = iota
	flagScale
	flagReLU2
	flagReLU2Grad
	flagMix
)

// unroll is the number of steps over k in the main loop.
const unroll = 4

// tile is the register allocation of one micro-kernel: rows × 16 accumulators, two vectors of B, two of A. All sixteen
// vector registers are in use, so the masks and the epilogue's constants take the places of B and A after the loop.
type tile struct {
	rows   int
	mode   arithmetic
	masked bool
	acc    [6][2]VecVirtual
	b      [2]VecVirtual
	t      [2]VecVirtual
}

// product writes <mode><rows>x16: for each of `tiles` tiles of C one under the other, C[rows,16] = epilogue(A[rows,k]·B[k,16]).
// Strides are in bytes. A's elements are rsA apart down a column and csA along a row, and stepA from tile to tile, so
// plain, transposed and packed A are the same to it. The masked form touches only the first `width` columns of C and aux,
// but reads all 16 of B.
func product(mode arithmetic, rows int, masked bool) {
	name, extra := fmt.Sprintf("%s%dx16", mode, rows), ""
	if masked {
		name, extra = name+"m", ", width int"
	}
	TEXT(name, NOSPLIT, "func(tiles, k int, a *float32, rsA, csA, stepA int, b *float32, ldb int, c *float32, ldc int, "+
		"flags int, scale, beta float32, aux *float32, ldaux int"+extra+")")
	Pragma("noescape")
	x := &tile{rows: rows, mode: mode, masked: masked}
	for i := range rows {
		x.acc[i] = [2]VecVirtual{YMM(), YMM()}
	}
	x.b = [2]VecVirtual{YMM(), YMM()}
	x.t = [2]VecVirtual{YMM(), YMM()}

	a, rs, cs := Load(Param("a"), GP64()), Load(Param("rsA"), GP64()), Load(Param("csA"), GP64())
	c, aux := Load(Param("c"), GP64()), Load(Param("aux"), GP64())
	tiles, ldb := Load(Param("tiles"), GP64()), Load(Param("ldb"), GP64())
	ldc := Load(Param("ldc"), GP64())

	Label("tile")
	x.start(c, ldc)
	x.multiply(a, rs, cs, ldb)
	x.epilogue(c, ldc, aux)
	step := GP64()
	Load(Param("stepA"), step)
	ADDQ(step, a)
	DECQ(tiles)
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// start sets the accumulators to C where the caller adds to it, else to zero.
func (x *tile) start(c, ldc Register) {
	flags, p := GP64(), GP64()
	Load(Param("flags"), flags)
	BTQ(Imm(flagAdd), flags)
	JCS(LabelRef("load"))
	for i := range x.rows {
		for j := range 2 {
			VXORPS(x.acc[i][j], x.acc[i][j], x.acc[i][j])
		}
	}
	JMP(LabelRef("begin"))
	Label("load")
	x.loadMasks()
	MOVQ(c, p)
	for i := range x.rows {
		for j := range 2 {
			x.load(p, j, x.acc[i][j])
		}
		if i+1 < x.rows {
			ADDQ(ldc, p)
		}
	}
	Label("begin")
}

// multiply adds A[rows,k]·B[k,16] to the accumulators, each element as one chain over ascending k.
func (x *tile) multiply(a, rs, cs, ldb Register) {
	k, n, b, pa, pa3 := GP64(), GP64(), GP64(), GP64(), GP64()
	Load(Param("k"), k)
	Load(Param("b"), b)
	MOVQ(a, pa)
	if x.rows > 3 {
		LEAQ(Mem{Base: rs, Index: rs, Scale: 2}, pa3)
		ADDQ(a, pa3)
	}
	MOVQ(k, n)
	SHRQ(Imm(2), n)
	JZ(LabelRef("rest"))
	Label("loop")
	for range unroll {
		x.step(pa, pa3, rs, cs, b, ldb)
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	Label("rest")
	ANDQ(Imm(unroll-1), k)
	JZ(LabelRef("done"))
	Label("one")
	x.step(pa, pa3, rs, cs, b, ldb)
	DECQ(k)
	JNZ(LabelRef("one"))
	Label("done")
}

// step adds one column of A times one row of B.
func (x *tile) step(a, a3, rs, cs, b, ldb Register) {
	VMOVUPS(Mem{Base: b}, x.b[0])
	VMOVUPS(Mem{Base: b, Disp: 32}, x.b[1])
	ADDQ(ldb, b)
	for i := range x.rows {
		if x.mode == fma {
			t := x.t[i%2]
			VBROADCASTSS(element(a, a3, rs, i), t)
			VFMADD231PS(t, x.b[0], x.acc[i][0])
			VFMADD231PS(t, x.b[1], x.acc[i][1])
			continue
		}
		// The product needs a register of its own, which leaves one for the broadcast.
		t, p := x.t[0], x.t[1]
		VBROADCASTSS(element(a, a3, rs, i), t)
		VMULPS(t, x.b[0], p)
		VADDPS(p, x.acc[i][0], x.acc[i][0])
		VMULPS(t, x.b[1], t)
		VADDPS(t, x.acc[i][1], x.acc[i][1])
	}
	ADDQ(cs, a)
	if x.rows > 3 {
		ADDQ(cs, a3)
	}
}

// element addresses row i of A's current column: a3 stands three rows below a, which makes every row one address.
func element(a, a3, rs Register, i int) Mem {
	if i >= 3 {
		a, i = a3, i-3
	}
	switch i {
	case 0:
		return Mem{Base: a}
	case 1:
		return Mem{Base: a, Index: rs, Scale: 1}
	}
	return Mem{Base: a, Index: rs, Scale: 2}
}
