package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// maskTable is sixteen words of ones, then sixteen of zeros: read at 4·(16-width) it masks the first vector of a tile of
// that width, 32 bytes on the second.
var maskTable Mem

func masks() {
	maskTable = GLOBL("masks", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(0xffffffff))
	}
	for i := range 16 {
		DATA(64+4*i, U32(0))
	}
}

// loadMasks puts the two column masks in the place of B.
func (x *tile) loadMasks() {
	if !x.masked {
		return
	}
	at, table := GP64(), GP64()
	Load(Param("width"), at)
	NEGQ(at)
	LEAQ(maskTable, table)
	VMOVUPS(Mem{Base: table, Index: at, Scale: 4, Disp: 64}, x.b[0])
	VMOVUPS(Mem{Base: table, Index: at, Scale: 4, Disp: 96}, x.b[1])
}

// load and store move vector j of the row at p.
func (x *tile) load(p Register, j int, v VecVirtual) {
	if x.masked {
		VMASKMOVPS(Mem{Base: p, Disp: x.bytes * j}, x.b[j], v)
		return
	}
	VMOVUPS(Mem{Base: p, Disp: x.bytes * j}, v)
}

func (x *tile) store(v VecVirtual, p Register, j int) {
	if x.masked {
		VMASKMOVPS(v, x.b[j], Mem{Base: p, Disp: x.bytes * j})
		return
	}
	VMOVUPS(v, Mem{Base: p, Disp: x.bytes * j})
}

// epilogue scales the accumulators, applies what the flags ask for, stores them, and moves c and aux to the next tile.
func (x *tile) epilogue(c, aux Register) {
	flags, ldaux := integer("flags"), integer("ldaux")
	x.loadMasks()

	BTQ(Imm(flagScale), flags)
	JCC(LabelRef("scaled"))
	VBROADCASTSS(frame("scale"), x.t[0])
	x.each(nil, nil, func(i, j int) { VMULPS(x.t[0], x.acc[i][j], x.acc[i][j]) })
	Label("scaled")

	BTQ(Imm(flagReLU2), flags)
	JCS(LabelRef("relu2"))
	BTQ(Imm(flagReLU2Grad), flags)
	JCS(LabelRef("relu2grad"))
	BTQ(Imm(flagMix), flags)
	JCC(LabelRef("store"))

	VBROADCASTSS(frame("beta"), x.t[1])
	x.each(aux, ldaux, func(i, j int) {
		x.load(aux, j, x.t[0])
		if x.mode == fma {
			VFMADD231PS(x.t[0], x.t[1], x.acc[i][j])
			return
		}
		VMULPS(x.t[0], x.t[1], x.t[0])
		VADDPS(x.t[0], x.acc[i][j], x.acc[i][j])
	})
	JMP(LabelRef("store"))

	Label("relu2")
	x.clear(x.t[1])
	x.each(aux, ldaux, func(i, j int) {
		// With zero as the first source a NaN, being the second, comes through.
		VMAXPS(x.acc[i][j], x.t[1], x.t[0])
		x.store(x.t[0], aux, j)
		VMULPS(x.t[0], x.t[0], x.acc[i][j])
	})
	JMP(LabelRef("store"))

	Label("relu2grad")
	x.each(aux, ldaux, func(i, j int) {
		x.load(aux, j, x.t[0])
		VADDPS(x.t[0], x.t[0], x.t[0])
		VMULPS(x.t[0], x.acc[i][j], x.acc[i][j])
	})

	Label("store")
	x.each(c, integer("ldc"), func(i, j int) { x.store(x.acc[i][j], c, j) })
}

// each calls f for every vector of the tile; p, if any, steps from row to row and ends one row below the tile.
func (x *tile) each(p, stride Register, f func(i, j int)) {
	for i := range x.acc {
		f(i, 0)
		f(i, 1)
		if p != nil {
			ADDQ(stride, p)
		}
	}
}
