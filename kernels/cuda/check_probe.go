//go:build cuda && linux && amd64

package cuda

import (
	"math"
	"unsafe"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// trialsProbe ask what single instructions do, see source/probe.cu.
func trialsProbe() []trial {
	return []trial{{"functions", probeFunctions}, {"fragments", probeFragments}, {"copies and sums", probeCopies}}
}

// functionsArguments is FunctionsArguments of source/probe.cu.
type functionsArguments struct {
	x, out driver.Pointer
	n, _   int32
}

// A bounded function of the device: what it should give, and by how much it may be off.
type bounded struct {
	name  string
	exact func(x float64) float64
	// limit is absolute.
	limit    func(x, want float64) float64
	positive bool // of positive numbers alone
}

// The bounds are those of the PTX ISA, and one unit in the last place for the emulator, which rounds twice.
var functions = []bounded{
	{"ex2.approx", math.Exp2, relative(0x1p-22 + 0x1p-23), false},
	{"lg2.approx", math.Log2, func(x, want float64) float64 { return max(0x1p-22*math.Abs(want), 0x1.5p-23) + 0x1p-23*math.Abs(want) }, true},
	{"rcp.approx", func(x float64) float64 { return 1 / x }, relative(0x1p-23 + 0x1p-24), true},
	{"sqrt.rn", math.Sqrt, relative(0x1p-24), true},
	{"tanh by ex2 and rcp", math.Tanh, relative(6e-7), false},
	{"cvt.rn.bf16x2", func(x float64) float64 { return float64(fromBF16(toBF16(float32(x)))) }, relative(0), false},
}

func relative(bound float64) func(x, want float64) float64 {
	return func(_, want float64) float64 { return bound * math.Abs(want) }
}

// probeFunctions says how far each is off at worst, which is what README's tolerances rest on.
func probeFunctions(b *bench) {
	const n = 1 << 14
	x := map[bool]numbers{
		false: b.floats(1, n, func() float64 { return 60*b.rng.Float64() - 30 }),
		true:  b.floats(1, n, func() float64 { return math.Exp2(40*b.rng.Float64() - 20) }),
	}
	out := map[bool][]float64{}
	for kind, v := range x {
		all := b.floats(len(functions), n, constant(0))
		b.run(func(s *script) {
			launch(s, "probe_functions", line(n/128), 128, 0, functionsArguments{x: v.at, out: all.at, n: n})
		})
		out[kind] = b.read(all)
	}
	for i, f := range functions {
		worst, at := 0.0, 0
		got, from := out[f.positive][i*n:], x[f.positive].v
		for j := range n {
			want := f.exact(from[j])
			if off := math.Abs(got[j]-want) / f.limit(from[j], want); off > worst || off != off && got[j] != want {
				worst, at = off, j
			}
		}
		if !(worst <= 1) {
			b.Errorf("%s of %g is %.9g, want %.9g: off by %.3g times what the PTX ISA allows; the tolerances of README.md rest on that", f.name, from[at], got[at], f.exact(from[at]), worst)
			continue
		}
		b.Logf("%s is off by at most %.0f %% of what the PTX ISA allows", f.name, 100*worst)
	}
	b.same("2^-inf and 2^-200", b.functionOf("probe_functions", []float64{math.Inf(-1), -200, 0})[:3], []float64{0, 0, 1}, 0x1p-22, 0)
}

// functionOf is a function's first row.
func (b *bench) functionOf(kernel string, x []float64) []float64 {
	i := -1
	from := b.floats(1, len(x), func() float64 { i++; return x[i] })
	all := b.floats(len(functions), len(x), constant(0))
	b.run(func(s *script) {
		launch(s, kernel, line(1), 128, 0, functionsArguments{x: from.at, out: all.at, n: int32(len(x))})
	})
	return b.read(all)
}

// fragmentsArguments is FragmentsArguments of source/probe.cu.
type fragmentsArguments struct{ matrices, operands, loaded, product driver.Pointer }

// probeFragments holds ldmatrix and mma.sync against the layouts that device.h states.
func probeFragments(b *bench) {
	matrices := make([]uint16, 4*8*8) // number c of row r of matrix i says so
	for i := range matrices {
		matrices[i] = uint16(i)
	}
	A := func(m, k int) float64 { return float64((3*m+5*k)%17 - 8) }
	B := func(n, k int) float64 { return float64((7*n+2*k)%13 - 6) }
	var operands []uint32
	for l := range 32 {
		for j := range 4 {
			m, k := l/4+j%2*8, l%4*2+j/2*8
			operands = append(operands, pairOf(A(m, k), A(m, k+1)))
		}
		for j := range 2 {
			k := l%4*2 + j*8
			operands = append(operands, pairOf(B(l/4, k), B(l/4, k+1)))
		}
	}
	a := fragmentsArguments{put(b, matrices), put(b, operands), b.alloc(32 * 8 * 4), b.alloc(32 * 4 * 4)}
	b.run(func(s *script) { launch(s, "probe_fragments", line(1), 32, 32*16, a) })
	loaded, product := make([]uint32, 32*8), make([]float32, 32*4)
	b.write(driver.Read(b.Device, loaded, a.loaded))
	b.write(driver.Read(b.Device, product, a.product))
	for l := range 32 {
		for i := range 4 {
			r, c := l/4, l%4*2
			straight, across := uint32(64*i+8*r+c), uint32(64*i+8*c+r)
			if got, want := loaded[8*l+i], straight|(straight+1)<<16; got != want {
				b.Fatalf("ldmatrix gives lane %d in word %d %#x, want %#x (number of matrix*64 + row*8 + column): mend load_matrices in device.h", l, i, got, want)
			}
			if got, want := loaded[8*l+4+i], across|(across+8)<<16; got != want {
				b.Fatalf("ldmatrix.trans gives lane %d in word %d %#x, want %#x: mend load_matrices_transposed in device.h", l, i, got, want)
			}
			m, n, want := l/4+i/2*8, l%4*2+i%2, 0.0
			for k := range 16 {
				want += A(m, k) * B(n, k)
			}
			if got := product[4*l+i]; float64(got) != want {
				b.Fatalf("mma.sync gives lane %d in number %d (row %d, column %d) %g, want %g: mend multiply in device.h", l, i, m, n, got, want)
			}
		}
	}
}

// copiesArguments is CopiesArguments of source/probe.cu.
type copiesArguments struct{ from, to driver.Pointer }

// probeCopies holds cp.async against what its size of the source says, and sums over lanes.
func probeCopies(b *bench) {
	from := make([]uint32, 160)
	for i := range from {
		from[i] = 0x10001*uint32(i) + 0x20001
	}
	a := copiesArguments{put(b, from), b.alloc(224 * 4)}
	b.run(func(s *script) { launch(s, "probe_copies", line(1), 32, 160*4, a) })
	got := make([]uint32, 224)
	b.write(driver.Read(b.Device, got, a.to))
	for l := range 32 {
		want := map[int]uint32{160 + l: 32 * 33 / 2, 192 + l: uint32(l/4*16 + 6)}
		for i := range 4 {
			want[4*l+i] = from[4*l+i]
		}
		want[128+l] = from[128+l]
		if l%2 == 0 { // six bytes of sixteen, none of four
			want[4*l+1] &= 0xffff
			want[4*l+2], want[4*l+3], want[128+l] = 0, 0, 0
		}
		for i, w := range want {
			if got[i] != w {
				b.Fatalf("word %d is %#x, want %#x: below 128 mend copy_async_16, below 160 copy_async_4 and copy_wait, from there on warp_sum and quad_sum in device.h", i, got[i], w)
			}
		}
	}
}

func pairOf(first, second float64) uint32 {
	return uint32(toBF16(float32(first))) | uint32(toBF16(float32(second)))<<16
}

// put lays any numbers on the device.
func put[T any](b *bench, x []T) driver.Pointer {
	p := b.alloc(len(x) * int(unsafe.Sizeof(x[0])))
	b.write(driver.Write(b.Device, p, x))
	return p
}
