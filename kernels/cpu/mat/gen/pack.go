package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// packRows copies k rows of 16 floats, ld bytes apart, into a panel: dst[16·i+j] = src[i][j].
func packRows() {
	TEXT("packRows16", NOSPLIT, "func(k int, src *float32, ld int, dst *float32)")
	Pragma("noescape")
	k, s, ld, d := Load(Param("k"), GP64()), Load(Param("src"), GP64()), Load(Param("ld"), GP64()), Load(Param("dst"), GP64())
	x, y := YMM(), YMM()
	Label("row")
	VMOVUPS(Mem{Base: s}, x)
	VMOVUPS(Mem{Base: s, Disp: 32}, y)
	VMOVUPS(x, Mem{Base: d})
	VMOVUPS(y, Mem{Base: d, Disp: 32})
	ADDQ(ld, s)
	ADDQ(Imm(64), d)
	DECQ(k)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// packColumns copies 16 rows of 8·blocks floats, ld bytes apart, into a panel, transposed: dst[16·i+j] = src[j][i].
func packColumns() {
	TEXT("packColumns16", NOSPLIT, "func(blocks int, src *float32, ld int, dst *float32)")
	Pragma("noescape")
	n, s, ld, d := Load(Param("blocks"), GP64()), Load(Param("src"), GP64()), Load(Param("ld"), GP64()), Load(Param("dst"), GP64())
	p := GP64()
	Label("block")
	MOVQ(s, p)
	for half := range 2 {
		var r [8]VecVirtual
		for i := range r {
			r[i] = YMM()
			VMOVUPS(Mem{Base: p}, r[i])
			ADDQ(ld, p)
		}
		for i, v := range transpose(r) {
			VMOVUPS(v, Mem{Base: d, Disp: 64*i + 32*half})
		}
	}
	ADDQ(Imm(32), s)
	ADDQ(U32(512), d)
	DECQ(n)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}

// packA copies k rows of 6·panels floats, ld bytes apart, into panels of six columns, step bytes apart:
// dst[step·p][6·i+j] = src[i][6·p+j]. It reads and writes eight floats where it means six: the next copy overwrites the
// surplus, so dst needs two floats of slack, and the caller keeps it from the last rows and columns of src.
func packA() {
	TEXT("packA6", NOSPLIT, "func(k, panels int, src *float32, ld int, dst *float32, step int)")
	Pragma("noescape")
	k, s, ld := Load(Param("k"), GP64()), Load(Param("src"), GP64()), Load(Param("ld"), GP64())
	panels, d, step := Load(Param("panels"), GP64()), Load(Param("dst"), GP64()), Load(Param("step"), GP64())
	x := YMM()
	from, to, n := GP64(), GP64(), GP64()
	Label("row")
	MOVQ(s, from)
	MOVQ(d, to)
	MOVQ(panels, n)
	Label("panel")
	VMOVUPS(Mem{Base: from}, x)
	VMOVUPS(x, Mem{Base: to})
	ADDQ(Imm(24), from)
	ADDQ(step, to)
	DECQ(n)
	JNZ(LabelRef("panel"))
	ADDQ(ld, s)
	ADDQ(Imm(24), d)
	DECQ(k)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}

// mirror writes the transpose of an 8×8 block: dst[i][j] = src[j][i], strides in bytes.
func mirror() {
	TEXT("transpose8x8", NOSPLIT, "func(src *float32, lds int, dst *float32, ldd int)")
	Pragma("noescape")
	s, lds, d, ldd := Load(Param("src"), GP64()), Load(Param("lds"), GP64()), Load(Param("dst"), GP64()), Load(Param("ldd"), GP64())
	var r [8]VecVirtual
	for i := range r {
		r[i] = YMM()
		VMOVUPS(Mem{Base: s}, r[i])
		ADDQ(lds, s)
	}
	for _, v := range transpose(r) {
		VMOVUPS(v, Mem{Base: d})
		ADDQ(ldd, d)
	}
	VZEROUPPER()
	RET()
}

// transpose turns eight rows of eight floats into eight columns: pairs, then fours, then the 128-bit halves.
func transpose(r [8]VecVirtual) (out [8]VecVirtual) {
	var t, u [8]VecVirtual
	for i := range 4 {
		t[2*i], t[2*i+1] = YMM(), YMM()
		VUNPCKLPS(r[2*i+1], r[2*i], t[2*i])
		VUNPCKHPS(r[2*i+1], r[2*i], t[2*i+1])
	}
	for g := range 2 {
		for q := range 4 {
			u[4*g+q] = YMM()
			low, high := t[4*g+q/2], t[4*g+2+q/2]
			VSHUFPS(Imm([2]uint64{0x44, 0xee}[q%2]), high, low, u[4*g+q])
		}
	}
	for q := range 4 {
		out[q], out[q+4] = YMM(), YMM()
		VPERM2F128(Imm(0x20), u[4+q], u[q], out[q])
		VPERM2F128(Imm(0x31), u[4+q], u[q], out[q+4])
	}
	return out
}
