//go:build cuda && linux && amd64

package cuda

import (
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

// A trial holds one operation at one shape against float64.
type trial struct {
	name string
	run  func(b *bench)
}

// operations lists the trials of every kernel, by operation.
var operations = []struct {
	name   string
	trials func() []trial
}{
	{"products", trialsProducts}, {"epilogues", trialsEpilogues}, {"batches", trialsBatches}, {"weight gradients", trialsWeightGradients},
	{"sums", trialsAddColumn}, {"embedding", trialsEmbed}, {"norm", trialsNorm}, {"mix and norm", trialsMixNorm}, {"QKV", trialsQKV}, {"QKV product", trialsQKVProduct},
	{"attention", trialsAttention}, {"loss", trialsLoss}, {"AdamW", trialsAdamW}, {"copies of weights", trialsCopy}, {"Muon", trialsMuon},
}

// reporter hears what is wrong, or worth knowing; testing.T is one. Fatalf does not return.
type reporter interface {
	Helper()
	Logf(format string, args ...any)
	Errorf(format string, args ...any)
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// bench is a device, and numbers on it that are drawn from a stream. Each array is an allocation of its own, so that the
// address sanitizer sees an access beyond it, and is filled with NaNs before anything is written, so an unwritten output shows.
type bench struct {
	reporter
	*device
	rng *rand.Rand
}

func (b *bench) alloc(bytes int) driver.Pointer {
	p, err := b.Alloc(int64(bytes))
	if err != nil {
		b.Fatalf("%v", err)
	}
	b.Cleanup(func() { b.Release(p) })
	b.write(b.Fill(p, 0xff, int64(bytes)))
	return p
}

// run runs what f appends.
func (b *bench) run(f func(s *script)) {
	b.Helper()
	s := b.script()
	f(s)
	if s.err == nil {
		s.err = s.program.Run()
	}
	if s.err == nil {
		s.err = b.Wait()
	}
	s.program.Free()
	if s.err != nil {
		b.Fatalf("%v", s.err)
	}
}

// numbers are a matrix in float64 and on the device.
type numbers struct {
	array
	v      []float64
	double bool // float32 rather than bfloat16
}

// halves puts a matrix of bfloat16 on the device; v is rounded to what the device holds. The stride may exceed cols.
func (b *bench) halves(rows, cols, stride int, draw func() float64) numbers {
	n := numbers{array: array{b.alloc(rows * stride * sizeBF16), rows, cols, stride}, v: make([]float64, rows*cols)}
	bits := make([]uint16, rows*stride)
	for i := range bits {
		bits[i] = 0x7fc0 // what lies between rows is never read
	}
	for r := range rows {
		for c := range cols {
			h := toBF16(float32(draw()))
			bits[r*stride+c], n.v[r*cols+c] = h, float64(fromBF16(h))
		}
	}
	b.write(driver.Write(b.Device, n.at, bits))
	return n
}

// floats puts a matrix of float32 on the device.
func (b *bench) floats(rows, cols int, draw func() float64) numbers {
	n := numbers{array: array{b.alloc(rows * cols * sizeFloat), rows, cols, cols}, v: make([]float64, rows*cols), double: true}
	x := make([]float32, rows*cols)
	for i := range x {
		x[i] = float32(draw())
		n.v[i] = float64(x[i])
	}
	b.write(driver.Write(b.Device, n.at, x))
	return n
}

func (b *bench) ints(x []int32) driver.Pointer {
	p := b.alloc(4 * len(x))
	b.write(driver.Write(b.Device, p, x))
	return p
}

func (b *bench) write(err error) {
	b.Helper()
	if err != nil {
		b.Fatalf("%v", err)
	}
}

func (b *bench) normal() float64 { return b.rng.NormFloat64() }

// read brings numbers back.
func (b *bench) read(n numbers) []float64 {
	out := make([]float64, n.rows*n.cols)
	if n.double {
		x := make([]float32, n.rows*n.stride)
		b.write(driver.Read(b.Device, x, n.at))
		for i := range out {
			out[i] = float64(x[i/n.cols*n.stride+i%n.cols])
		}
		return out
	}
	x := make([]uint16, n.rows*n.stride)
	b.write(driver.Read(b.Device, x, n.at))
	for i := range out {
		out[i] = float64(fromBF16(x[i/n.cols*n.stride+i%n.cols]))
	}
	return out
}

// Roundings: a bfloat16 keeps 8 bits, so a number is off by up to 2^-8 of itself; a float32 sum of a few hundred terms by some
// 2^-24 of their size.
const (
	half   = 1. / (1 << 8)
	single = 4e-6
)

// near checks an output against float64: |got - want| <= relative*|want| + absolute*(root mean square of want). The first is the
// rounding of the output itself, the second what was lost on the way there.
func (b *bench) near(what string, n numbers, want []float64, relative, absolute float64) {
	b.Helper()
	b.same(what, b.read(n), want, relative, absolute)
}

// same checks numbers that were read.
func (b *bench) same(what string, got, want []float64, relative, absolute float64) {
	b.Helper()
	if len(got) != len(want) {
		b.Fatalf("%s has %d numbers, want %d", what, len(got), len(want))
	}
	b.sized(what, got, want, relative, absolute, rms(want))
}

// sized is same where absolute is of a given size: numbers that cancel have errors of the size of what cancelled.
func (b *bench) sized(what string, got, want []float64, relative, absolute, size float64) {
	b.Helper()
	if size == 0 && len(want) > 16 {
		b.Fatalf("%s should be zero everywhere, which tests nothing", what)
	}
	worst, at := 0.0, -1
	for i, w := range want {
		limit := relative*math.Abs(w) + absolute*size
		if off := math.Abs(got[i]-w) / limit; !(off <= worst) && got[i] != w {
			worst, at = off, i
			if math.IsNaN(got[i]) {
				break
			}
		}
	}
	if !(worst <= 1) {
		b.Errorf("%s: number %d of %d is %.9g, want %.9g: off by %.3g times what is allowed (%.3g of it and %.3g of the size %.3g)",
			what, at, len(want), got[at], want[at], worst, relative, absolute, size)
	}
}

// rms is the root mean square.
func rms(x []float64) float64 {
	sum := 0.0
	for _, v := range x {
		sum += v * v
	}
	return math.Sqrt(sum / float64(max(len(x), 1)))
}

// close checks numbers that rounding in between has spread: |got - want| <= limit*|want| in the Euclidean norm.
func (b *bench) close(what string, got, want []float64, limit float64) {
	b.Helper()
	off, size := 0.0, 0.0
	for i, w := range want {
		off += (got[i] - w) * (got[i] - w)
		size += w * w
	}
	if size < 1e-20 {
		size = 1 // of a sum that cancels in float64 too, only rounding is left
	}
	if off = math.Sqrt(off / size); !(off <= limit) || len(got) != len(want) {
		b.Errorf("%s (%d numbers) is off by %.3g of its norm, want at most %.3g", what, len(got), off, limit)
	}
}

func constant(x float64) func() float64 { return func() float64 { return x } }
