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

// tile is the register allocation of one micro-kernel: rows × 2 vectors of accumulators, two vectors of B and some of A.
//
// The narrow tile, up to 6 rows of 2×8, leaves two registers of sixteen for A: all are in use, so the masks and the epilogue's
// constants take the places of B and A after the loop. The wide one, 12 rows of 2×16 in AVX-512, is two tiles of six rows and two
// panels of B at once, so both read the same packed operands.
type tile struct {
	rows   int
	mode   arithmetic
	masked bool
	wide   bool
	vector func() VecVirtual
	bytes  int // in a vector
	acc    [][2]VecVirtual
	b, t   [2]VecVirtual
}

// product writes <mode><rows>x16: for each of `tiles` tiles of C one under the other, C[rows,16] = epilogue(A[rows,k]·B[k,16]).
// Strides are in bytes. A's elements are rsA apart down a column and csA along a row, and stepA from tile to tile, so
// plain, transposed and packed A are the same to it. The masked form touches only the first `width` columns of C and aux,
// but reads all 16 of B.
//
// The wide form, <mode>12x32, takes pairs of tiles, and the panel of B stepB behind the first.
func product(x tile) {
	name, extra := fmt.Sprintf("%s%dx16", x.mode, x.rows), ""
	x.vector, x.bytes = func() VecVirtual { return YMM() }, 32
	if x.masked {
		name, extra = name+"m", ", width int"
	}
	if x.wide {
		name, extra = fmt.Sprintf("%s%dx32", x.mode, x.rows), ", stepB int"
		x.vector, x.bytes = func() VecVirtual { return ZMM() }, 64
	}
	TEXT(name, NOSPLIT, "func(tiles, k int, a *float32, rsA, csA, stepA int, b *float32, ldb int, c *float32, ldc int, "+
		"flags int, scale, beta float32, aux *float32, ldaux int"+extra+")")
	Pragma("noescape")
	for range x.rows {
		x.acc = append(x.acc, [2]VecVirtual{x.vector(), x.vector()})
	}
	x.b = [2]VecVirtual{x.vector(), x.vector()}
	x.t = [2]VecVirtual{x.vector(), x.vector()}

	a, c, aux := integer("a"), integer("c"), integer("aux")
	Label("tile")
	if x.wide {
		x.prefetch(c)
	}
	x.start(c)
	x.multiply(a)
	x.epilogue(c, aux)
	ADDQ(frame("stepA"), a)
	if x.wide {
		ADDQ(frame("stepA"), a)
	}
	DECQ(frame("tiles"))
	JNZ(LabelRef("tile"))
	VZEROUPPER()
	RET()
}

// integer loads a parameter; frame is where it lies.
func integer(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }

func frame(name string) Mem {
	b, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return b.Addr
}

// start sets the accumulators to C where the caller adds to it, else to zero.
func (x *tile) start(c Register) {
	flags := integer("flags")
	BTQ(Imm(flagAdd), flags)
	JCS(LabelRef("load"))
	for _, row := range x.acc {
		for _, v := range row {
			x.clear(v)
		}
	}
	JMP(LabelRef("begin"))
	Label("load")
	x.loadMasks()
	p, ldc := GP64(), integer("ldc")
	MOVQ(c, p)
	for i, row := range x.acc {
		for j, v := range row {
			x.load(p, j, v)
		}
		if i+1 < x.rows {
			ADDQ(ldc, p)
		}
	}
	Label("begin")
}

// prefetch asks for the next tile of C, which may lie far away in memory, while this one is computed; 24 lines at once would fill
// the store queue. Beyond the last tile it does no harm.
func (x *tile) prefetch(c Register) {
	ldc, p := integer("ldc"), GP64()
	IMUL3Q(U32(uint64(x.rows)), ldc, p)
	ADDQ(c, p)
	for i := range x.rows {
		for line := 0; line < 2*x.bytes; line += 64 {
			PREFETCHT0(Mem{Base: p, Disp: line})
		}
		if i+1 < x.rows {
			ADDQ(ldc, p)
		}
	}
}

func (x *tile) clear(v VecVirtual) {
	if x.wide {
		VPXORD(v, v, v) // VXORPS of 512 bits is in another extension
	} else {
		VXORPS(v, v, v)
	}
}

// multiply adds A[rows,k]·B[k,16] to the accumulators, each element as one chain over ascending k.
func (x *tile) multiply(a Register) {
	k, n, b, ldb, cs := integer("k"), GP64(), integer("b"), integer("ldb"), integer("csA")
	rs, stepB := integer("rsA"), Register(nil)
	if x.wide {
		stepB = integer("stepB")
	}
	at := x.addresses(a, rs)
	step := func() {
		VMOVUPS(Mem{Base: b}, x.b[0])
		if x.wide {
			VMOVUPS(Mem{Base: b, Index: stepB, Scale: 1}, x.b[1])
		} else {
			VMOVUPS(Mem{Base: b, Disp: x.bytes}, x.b[1])
		}
		ADDQ(ldb, b)
		x.step(at, rs)
		for _, p := range at {
			ADDQ(cs, p)
		}
	}
	MOVQ(k, n)
	SHRQ(Imm(2), n)
	JZ(LabelRef("rest"))
	Label("loop")
	for range unroll {
		step()
	}
	DECQ(n)
	JNZ(LabelRef("loop"))
	Label("rest")
	ANDQ(Imm(unroll-1), k)
	JZ(LabelRef("done"))
	Label("one")
	step()
	DECQ(k)
	JNZ(LabelRef("one"))
	Label("done")
}

// addresses are pointers to every third row of A's current column, which makes each row one address away from one of them.
func (x *tile) addresses(a, rs Register) []Register {
	at := []Register{GP64()}
	MOVQ(a, at[0])
	third := func(p Register) {
		q := GP64()
		LEAQ(Mem{Base: rs, Index: rs, Scale: 2}, q)
		ADDQ(p, q)
		at = append(at, q)
	}
	if x.rows > 3 {
		third(at[0])
	}
	if x.wide {
		second := GP64()
		MOVQ(a, second)
		ADDQ(frame("stepA"), second)
		at = append(at, second)
		third(second)
	}
	return at
}

// step adds one column of A times one row of B.
func (x *tile) step(at []Register, rs Register) {
	for i, acc := range x.acc {
		element := Mem{Base: at[i/3]}
		if i%3 > 0 {
			element.Index, element.Scale = rs, uint8(i%3)
		}
		if x.mode == fma {
			t := x.t[i%2]
			VBROADCASTSS(element, t)
			VFMADD231PS(t, x.b[0], acc[0])
			VFMADD231PS(t, x.b[1], acc[1])
			continue
		}
		// The product needs a register of its own, which leaves one for the broadcast.
		t, p := x.t[0], x.t[1]
		VBROADCASTSS(element, t)
		VMULPS(t, x.b[0], p)
		VADDPS(p, acc[0], acc[0])
		VMULPS(t, x.b[1], t)
		VADDPS(t, acc[1], acc[1])
	}
}
