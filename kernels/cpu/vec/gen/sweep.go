package main

import (
	"fmt"
	"math"
	"strings"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	. "github.com/mmcloughlin/avo/reg"
)

// arithmetic is how a product is added: it names the mode's kernels and chooses their instructions.
type arithmetic string

const (
	plain arithmetic = "plain"
	fma   arithmetic = "fma"
	none  arithmetic = "" // the kernel has no such sum
)

// kernel is an assembly function under construction that goes over rows of n floats by vectors of eight. Whatever is left of a row is
// done under a mask: absent lanes read as zero and are not written.
type kernel struct {
	mode   arithmetic
	index  Register   // bytes from the start of the row
	mask   VecVirtual // of the lanes present, where the row ends in part of a vector; else nil
	labels int
}

// extent is the length of a row: n floats, `whole` bytes of them in whole vectors, mask for the rest.
type extent struct {
	n, whole Register
	mask     VecVirtual
}

// begin opens a kernel. Its name is the mode followed by the words of name: begin(fma, "normRows") makes fmaNormRows.
func begin(mode arithmetic, name, signature string) *kernel {
	if mode != none {
		name = string(mode) + strings.ToUpper(name[:1]) + name[1:]
	}
	TEXT(name, NOSPLIT, "func("+signature)
	Pragma("noescape")
	return &kernel{mode: mode, index: GP64()}
}

func end() {
	VZEROUPPER()
	RET()
}

// label makes a name that is used once in this kernel.
func (k *kernel) label(name string) string {
	k.labels++
	return fmt.Sprintf("%s%d", name, k.labels)
}

// integer, pointer and scalar load parameters; a scalar fills a vector.
func integer(name string) GPVirtual { return Load(Param(name), GP64()).(GPVirtual) }
func pointer(name string) GPVirtual { return integer(name) }
func scalar(name string) VecVirtual {
	v := YMM()
	Load(Param(name), v.AsX())
	VBROADCASTSS(v.AsX(), v)
	return v
}

// length prepares sweeps over rows of n floats.
func length(n Register) extent {
	e := extent{n: n, whole: GP64(), mask: YMM()}
	MOVQ(n, e.whole)
	ANDQ(I8(-8), e.whole)
	SHLQ(Imm(2), e.whole)
	rest, table := GP64(), GP64()
	MOVQ(n, rest)
	ANDQ(Imm(7), rest)
	NEGQ(rest)
	LEAQ(maskTable, table)
	VMOVUPS(Mem{Base: table, Index: rest, Scale: 4, Disp: 32}, e.mask)
	return e
}

// sweep runs body for every vector of a row: in a loop, and once more under the mask where the row ends in part of one.
func (k *kernel) sweep(e extent, body func()) {
	loop, rest, done := k.label("vector"), k.label("rest"), k.label("done")
	XORQ(k.index, k.index)
	CMPQ(k.index, e.whole)
	JGE(LabelRef(rest))
	Label(loop)
	body()
	ADDQ(Imm(32), k.index)
	CMPQ(k.index, e.whole)
	JL(LabelRef(loop))
	Label(rest)
	TESTQ(U32(7), e.n)
	JZ(LabelRef(done))
	k.mask = e.mask
	body()
	k.mask = nil
	Label(done)
}

// repeat runs body count times, count > 0.
func (k *kernel) repeat(count Register, body func()) {
	loop := k.label("repeat")
	Label(loop)
	body()
	DECQ(count)
	JNZ(LabelRef(loop))
}

// load reads the vector of the row at p under the index.
func (k *kernel) load(p Register) VecVirtual {
	v := YMM()
	if k.mask != nil {
		VMASKMOVPS(Mem{Base: p, Index: k.index, Scale: 1}, k.mask, v)
	} else {
		VMOVUPS(Mem{Base: p, Index: k.index, Scale: 1}, v)
	}
	return v
}

func (k *kernel) store(v VecVirtual, p Register) {
	if k.mask != nil {
		VMASKMOVPS(v, k.mask, Mem{Base: p, Index: k.index, Scale: 1})
	} else {
		VMOVUPS(v, Mem{Base: p, Index: k.index, Scale: 1})
	}
}

// madd makes z = x·y + z; x may be memory. In the plain mode it needs a register for the product.
func (k *kernel) madd(x Op, y, z VecVirtual) {
	if k.mode == fma {
		VFMADD231PS(x, y, z)
		return
	}
	p := YMM()
	VMULPS(x, y, p)
	VADDPS(p, z, z)
}

// msub makes z = z - x·y.
func (k *kernel) msub(x Op, y, z VecVirtual) {
	if k.mode == fma {
		VFNMADD231PS(x, y, z)
		return
	}
	p := YMM()
	VMULPS(x, y, p)
	VSUBPS(p, z, z)
}

// horner makes y = y·x + c.
func (k *kernel) horner(y, x VecVirtual, c Mem) {
	if k.mode == fma {
		VFMADD213PS(c, x, y)
		return
	}
	VMULPS(x, y, y)
	VADDPS(c, y, y)
}

// tree sums the lanes of v into its lane 0: ((0+4)+(2+6)) + ((1+5)+(3+7)).
func tree(v VecVirtual) {
	t := YMM()
	VEXTRACTF128(Imm(1), v, t.AsX())
	VADDPS(t.AsX(), v.AsX(), v.AsX())
	VMOVHLPS(v.AsX(), v.AsX(), t.AsX())
	VADDPS(t.AsX(), v.AsX(), v.AsX())
	VMOVSHDUP(v.AsX(), t.AsX())
	VADDSS(t.AsX(), v.AsX(), v.AsX())
}

// zero is a vector of zeros.
func zero() VecVirtual {
	v := YMM()
	VXORPS(v, v, v)
	return v
}

// The tables: eight words of ones and eight of zeros, for masks, and every constant eight times over.
var (
	maskTable Mem
	constants = map[uint32]Mem{}
)

func tables() {
	maskTable = GLOBL("masks", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(0xffffffff))
	}
	for i := range 8 {
		DATA(32+4*i, U32(0))
	}
}

// constant is c in all eight lanes, in memory.
func constant(c float32) Mem { return word(math.Float32bits(c)) }

func word(bits uint32) Mem {
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("const%08x", bits), RODATA|NOPTR)
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}
