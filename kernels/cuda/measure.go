//go:build cuda && linux && amd64

package cuda

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// extent is the size at which kernels are measured.
type extent struct {
	hyper gpt.Hyper
	T, V  int
	// repeat is how long each measurement lasts at least.
	repeat time.Duration
}

// A rate is one measurement of a kernel.
type rate struct {
	name  string
	took  time.Duration // of one run, the median of several
	flops float64       // of arithmetic on the matrix units, 0 for kernels bound by memory
	bytes float64       // that must be read and written
}

// timed is the median time of one run of a program, after a run to warm up.
func (d *device) timed(run func() error, repeat time.Duration) (time.Duration, error) {
	one, err := d.Time(run)
	if err == nil {
		one, err = d.Time(run)
	}
	if err != nil {
		return 0, err
	}
	n := max(1, int(repeat/5/max(one, time.Microsecond)))
	var times []time.Duration
	for range 5 {
		t, err := d.Time(func() error {
			for range n {
				if err := run(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return 0, err
		}
		times = append(times, t/time.Duration(n))
	}
	slices.Sort(times)
	return times[2], nil
}

// copyRate is the device's memory bandwidth in bytes per second, read plus written, of a copy.
func (b *bench) copyRate(e extent) float64 {
	n := int64(e.hyper.DeviceBatch) * int64(e.T) * 4096
	from, to := b.alloc(int(n)), b.alloc(int(n))
	took, err := b.timed(func() error { return b.Copy(to, from, n) }, e.repeat)
	b.write(err)
	return 2 * float64(n) / took.Seconds()
}

// random fills an array of bfloat16 with normal numbers, since products of zeros run faster than others.
func (b *bench) random(rows, cols int) array {
	a := array{b.alloc(rows * cols * sizeBF16), rows, cols, cols}
	block := make([]uint16, min(rows*cols, 1<<20))
	for i := range block {
		block[i] = toBF16(float32(b.normal()))
	}
	for at := 0; at < rows*cols; at += len(block) {
		b.write(driver.Write(b.Device, a.at+driver.Pointer(at*sizeBF16), block[:min(len(block), rows*cols-at)]))
	}
	return a
}

// measure times what f appends.
func (b *bench) measure(e extent, name string, flops, bytes float64, f func(s *script)) rate {
	s := b.script()
	f(s)
	b.write(s.err)
	took, err := b.timed(s.program.Run, e.repeat)
	b.write(err)
	s.program.Free()
	return rate{name, took, flops, bytes}
}

// products measures the model's matrix products.
func (b *bench) products(e extent, p gpt.Plan, prefix string) []rate {
	n := p.B * p.T
	narrow, wide, weights := b.random(n, p.C), b.random(n, 4*p.C), b.random(4*p.C, p.C)
	gradients := array{b.alloc(4 * p.C * p.C * sizeFloat), 4 * p.C, p.C, p.C}
	b.write(b.Fill(gradients.at, 0, int64(4*p.C*p.C*sizeFloat)))
	size := 2 * b.Multiprocessors * 128 * 128
	parts := array{b.alloc(size * sizeFloat), 1, size, size}
	flops := 8 * float64(n) * float64(p.C) * float64(p.C)
	bytes := float64(sizeBF16 * (5*n*p.C + 4*p.C*p.C))
	return []rate{
		b.measure(e, fmt.Sprintf("%sproduct NT %dx%dx%d", prefix, n, 4*p.C, p.C), flops, bytes, func(s *script) {
			s.multiply(nt, wide, narrow, weights, 1, matrixArguments{})
		}),
		b.measure(e, fmt.Sprintf("%sproduct NN %dx%dx%d", prefix, n, p.C, 4*p.C), flops, bytes, func(s *script) {
			s.multiply(nn, narrow, wide, weights, 1, matrixArguments{})
		}),
		b.measure(e, fmt.Sprintf("%sproduct TN %dx%dx%d", prefix, 4*p.C, p.C, n), flops, bytes, func(s *script) {
			s.gradient(gradients, wide, narrow, parts)
		}),
	}
}

// attentions measures attention over the whole window and over half of it.
func (b *bench) attentions(e extent, p gpt.Plan, prefix string) []rate {
	n := p.B * p.T
	h := heads{NH: p.NH, HS: p.HS}
	x, d := beside(b.random(n, 3*p.C), p.C), beside(b.random(n, 3*p.C), p.C)
	y, dy := b.random(n, p.C), b.random(n, p.C)
	lse, along := array{b.alloc(n * p.NH * sizeFloat), n, p.NH, p.NH}, array{b.alloc(n * p.NH * sizeFloat), n, p.NH, p.NH}
	var all []rate
	for _, window := range []int{p.T, p.T / 2} {
		seen := 0
		for t := range p.T {
			seen += min(t, window) + 1
		}
		flops := 4 * float64(seen) * float64(p.C) * float64(p.B)
		all = append(all,
			b.measure(e, fmt.Sprintf("%sattention, window %d", prefix, window), flops, float64(8*n*p.C), func(s *script) {
				s.attention(x, y, lse, p.T, window, h)
			}),
			// The convention is 2.5 times the forward pass, although two kernels make it 3.5.
			b.measure(e, fmt.Sprintf("%sattention backward, window %d", prefix, window), 2.5*flops, float64(16*n*p.C), func(s *script) {
				s.attentionBackward(x, d, y, dy, lse, along, p.T, window, h)
			}))
	}
	return all
}

// rowKernels measures kernels bound by memory.
func (b *bench) rowKernels(e extent, p gpt.Plan) []rate {
	n := p.B * p.T
	x, x0, y, h, d := b.random(n, p.C), b.random(n, p.C), b.random(n, p.C), b.random(n, p.C), b.random(n, p.C)
	r := b.floats(n, 1, b.normal).array
	l := b.floats(1, 4, constant(1)).at
	all := lambdas{l, l + 4, l + 8, l + 12}
	scratch := b.alloc(2 * ceil(n, rowsPerBlock) * sizeFloat)
	size := p.V * p.C
	w := weight{Weight: gpt.Weight{Role: gpt.Head, Rows: p.V, Cols: p.C}, p: b.floats(1, size, b.normal).at, g: b.floats(1, size, b.normal).at,
		first: b.floats(1, size, b.normal).at, second: b.floats(1, size, constant(1)).at, copy: b.random(p.V, p.C).at}
	rates := b.floats(1, 2, constant(0)).at
	row := float64(n * p.C)
	return []rate{
		b.measure(e, "norm", 0, 4*row, func(s *script) { s.norm(x, h, r) }),
		b.measure(e, "mix and norm", 0, 8*row, func(s *script) { s.mixNorm(x, x0, y, h, r, all.resid, all.skip) }),
		b.measure(e, "norm backward", 0, 8*row, func(s *script) { s.normBackward(h, x, r, d, false) }),
		b.measure(e, "mix and norm backward", 0, 16*row, func(s *script) { s.mixNormBackward(h, x, r, d, y, x0, x, all, scratch, false) }),
		b.measure(e, "AdamW of the head", 0, 34*float64(size), func(s *script) { s.adamw(w, rates) }),
	}
}

// stepped is what whole steps show, by the clock on the wall, which is what a trial sees.
type stepped struct {
	tokens, flops    float64       // per second; FLOPs are gpt.Plan.StepFLOPs
	opening, weights time.Duration // the start of a trial that is not the first: made ready, and given its first weights
}

// steps trains a few steps of the whole model.
func steps(r reporter, b *Backend, e extent, rng *rand.Rand) (s stepped) {
	p, err := gpt.NewPlan(e.hyper, e.T, e.V)
	if err != nil {
		r.Fatalf("%v", err)
	}
	m := gpt.NewModel(p, e.hyper, make([]int, p.V))
	first, err := b.Open(m)
	if err != nil {
		r.Fatalf("%v", err)
	}
	if err := first.Close(); err != nil {
		r.Fatalf("%v", err)
	}
	began := time.Now()
	d, err := b.Open(m)
	if err != nil {
		r.Fatalf("%v", err)
	}
	defer d.Close()
	s.opening = time.Since(began)
	if err := gpt.Initialise(m, d, 1); err != nil {
		r.Fatalf("%v", err)
	}
	if err := b.dev.Wait(); err != nil {
		r.Fatalf("%v", err)
	}
	s.weights = time.Since(began) - s.opening
	rows := make([]int32, p.B*(p.T+1))
	for i := range rows {
		rows[i] = int32(rng.IntN(p.V))
	}
	const warm, counted = 2, 5
	for step := range int64(warm + counted) {
		if step == warm {
			if err := b.dev.Wait(); err != nil {
				r.Fatalf("%v", err)
			}
			began = time.Now()
		}
		for range p.Micro {
			if err := d.Accumulate(rows); err != nil {
				r.Fatalf("%v", err)
			}
		}
		if _, err := d.Update(gpt.StepScalars{Step: step + 1, Rate: 1, Momentum: 0.9, Decay: 0.2}); err != nil {
			r.Fatalf("%v", err)
		}
	}
	if err := b.dev.Wait(); err != nil {
		r.Fatalf("%v", err)
	}
	seconds := time.Since(began).Seconds() / counted
	s.tokens, s.flops = float64(p.Tokens())/seconds, p.StepFLOPs()/seconds
	return s
}
