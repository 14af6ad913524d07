//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// trialsHopperProbe ask what single instructions of compute capability 9.0 do, see source/hopper_probe.cu: first what everything waits for, then
// what brings operands, then what multiplies them and what pairs of blocks add to it.
func trialsHopperProbe() []trial {
	all := []trial{{"phases of a barrier", probeBarrier}}
	for _, box := range []int{64, 128, 256} {
		all = append(all, trial{fmt.Sprintf("a box of %d rows", box), func(b *bench) { probeBox(b, box) }})
	}
	for _, p := range productProbes {
		all = append(all, trial{"wgmma " + p.kernel(), func(b *bench) { probeProduct(b, p) }})
	}
	return append(append(all, trialsPairProbe()...), trial{"registers change hands", probeExchange})
}

// barrierProbeArguments is BarrierProbeArguments of source/hopper_probe.cu.
type barrierProbeArguments struct{ out driver.Pointer }

func probeBarrier(b *bench) {
	questions := []string{"a new barrier's phase of parity 1 is over", "a new barrier's phase of parity 0 is over", "parity 0 is over after its arrival",
		"parity 1 is over then", "parity 1 is over while bytes are missing", "parity 0 is over then", "where shared memory begins, modulo 1024"}
	want := []uint32{1, 0, 1, 0, 0, 1, 0}
	a := barrierProbeArguments{b.alloc(4 * len(want))}
	b.run(func(s *script) { launch(s, "hopper_probe_barrier", line(1), 32, 64, a) })
	got := make([]uint32, len(want))
	b.write(driver.Read(b.Device, got, a.out))
	for i, w := range want {
		if got[i] != w {
			b.Errorf("%s: %d, want %d: mend the barriers of pipeline.h and Turn's first parities", questions[i], got[i], w)
		}
	}
}

// boxProbeArguments is BoxProbeArguments of source/hopper_probe.cu.
type boxProbeArguments struct {
	maps                       [1]driver.TensorMap
	out                        driver.Pointer
	column, row, matrix, bytes int32
	_                          [10]int32
}

// swizzled is where byte `at` of a tile of rows of 128 bytes lies in shared memory.
func swizzled(at int) int { return at ^ at>>7&7<<4 }

// probeBox brings one box to places inside the matrices and across their edges.
func probeBox(b *bench, box int) {
	const matrices, rows, columns, stride = 2, 300, 136, 144
	number := func(matrix, row, column int) uint16 { return uint16(matrix*rows*columns + row*columns + column) }
	numbers := make([]uint16, matrices*rows*stride)
	for i := range numbers {
		numbers[i] = 0xdead
		if column, row := i%stride, i/stride%rows; column < columns {
			numbers[i] = number(i/stride/rows, row, column)
		}
	}
	m, err := b.Map(driver.Tensors{At: put(b, numbers), Columns: columns, Rows: rows, Matrices: matrices, RowStride: stride, MatrixStride: rows * stride, Box: box})
	b.write(err)
	for _, corner := range [][3]int{{0, 0, 0}, {64, 16, 1}, {128, 290, 0}, {0, 0, 2}} {
		bytes := box * 128
		a := boxProbeArguments{maps: [1]driver.TensorMap{m}, out: b.alloc(bytes), column: int32(corner[0]), row: int32(corner[1]), matrix: int32(corner[2]), bytes: int32(bytes)}
		b.run(func(s *script) { launch(s, "hopper_probe_box", line(1), 128, bytes+64, a) })
		got := make([]uint16, bytes/2)
		b.write(driver.Read(b.Device, got, a.out))
		for i := range box * 64 {
			row, column, want := corner[1]+i/64, corner[0]+i%64, uint16(0)
			if row < rows && column < columns && corner[2] < matrices {
				want = number(corner[2], row, column)
			}
			if at := swizzled(2 * i); got[at/2] != want {
				b.Fatalf("box at column, row, matrix %v: row %d, number %d of it is %#x at byte %d, want %#x: mend encode in driver/tensor.go (order of lengths, strides without the first, swizzle) or copy_box in pipeline.h (order of coordinates)",
					corner, i/64, i%64, got[at/2], at, want)
			}
		}
	}
}

// A productProbe is one kind of descriptor: which operands have K contiguous, and whether a comes from registers.
type productProbe struct {
	form    string // as in the kernel's name
	columns int
}

var productProbes = []productProbe{{"nt", 64}, {"nt", 128}, {"nt", 256}, {"nn", 256}, {"tn", 256}, {"registers", 64}, {"registers", 128}}

func (p productProbe) kernel() string { return fmt.Sprintf("hopper_probe_%s_%d", p.form, p.columns) }

// productProbeArguments is ProductProbeArguments of source/hopper_probe.cu.
type productProbeArguments struct{ a, b, d driver.Pointer }

// operand is a value for each row of M or N and each depth.
type operand func(row, k int) float64

const probeDepth = 64

// inShared lays an operand as bulk copies do: rows of 64 deep, or where K is not contiguous an atom for each 64 rows, which has one depth after
// the other.
func inShared(v operand, rows int, contiguous bool) []uint16 {
	out := make([]uint16, rows*probeDepth)
	for r := range rows {
		for k := range probeDepth {
			at := r*128 + 2*k
			if !contiguous {
				at = r/64*probeDepth*128 + k*128 + 2*(r%64)
			}
			out[swizzled(at)/2] = toBF16(float32(v(r, k)))
		}
	}
	return out
}

// inRegisters lays the left operand as a warpgroup's threads hold it.
func inRegisters(v operand) (out []uint32) {
	for t := range 128 {
		for k := 0; k < probeDepth; k += 16 {
			for j := range 4 {
				row, at := t/32*16+t%32/4+j%2*8, k+t%4*2+j/2*8
				out = append(out, pairOf(v(row, at), v(row, at+1)))
			}
		}
	}
	return out
}

// probeProduct multiplies operands of which one is the identity, so that each sum says which row or depth of the other has come there.
func probeProduct(b *bench, p productProbe) {
	identity := func(row, k int) float64 {
		if row == k {
			return 1
		}
		return 0
	}
	row, depth := func(row, _ int) float64 { return float64(row) }, func(_, k int) float64 { return float64(k) }
	mixed := func(row, k int) float64 { return float64((3*row+5*k)%17 - 8) }
	for _, q := range []struct {
		says string
		a, b operand
	}{{"the depth of b", identity, depth}, {"the column of b", identity, row}, {"the row of a", row, identity}, {"the depth of a", depth, identity}, {"sums", mixed, mixed}} {
		a := productProbeArguments{b: put(b, inShared(q.b, p.columns, p.form == "nt")), d: b.alloc(128 * p.columns / 2 * sizeFloat)}
		if p.form == "registers" {
			a.a = put(b, inRegisters(q.a))
		} else {
			a.a = put(b, inShared(q.a, 64, p.form != "tn"))
		}
		b.run(func(s *script) { launch(s, p.kernel(), line(1), 128, (64+p.columns)*probeDepth*sizeBF16, a) })
		got := make([]float32, 128*p.columns/2)
		b.write(driver.Read(b.Device, got, a.d))
		var wrong []string
		for i, x := range got {
			t, j := i/(p.columns/2), i%(p.columns/2)
			m, n, want := t/32*16+t%32/4+j/2%2*8, j/4*8+t%4*2+j%2, 0.0
			for k := range probeDepth {
				want += q.a(m, k) * q.b(n, k)
			}
			if float64(x) != want {
				wrong = append(wrong, fmt.Sprintf("thread %d, number %d (row %d, column %d): %g, want %g", t, j, m, n, x, want))
			}
		}
		if len(wrong) > 0 {
			b.Fatalf("%d of %d numbers do not tell %s, such as %s: mend the descriptors of hopper.h (along_rows: K contiguous, else across_rows), or by_eights and pack_rows where rows and columns are spread otherwise",
				len(wrong), len(got), q.says, strings.Join(wrong[:min(3, len(wrong))], "; "))
		}
	}
}

func probeExchange(b *bench) {
	a := barrierProbeArguments{b.alloc(384 * 4)}
	b.run(func(s *script) { launch(s, "hopper_probe_exchange", line(1), 384, 0, a) })
	got := make([]uint32, 384)
	b.write(driver.Read(b.Device, got, a.out))
	for i, x := range got {
		if want := uint32(1 + min(i/128, 1)); x != want {
			b.Fatalf("thread %d says %d, want %d: mend give_registers and take_registers of pipeline.h", i, x, want)
		}
	}
}
