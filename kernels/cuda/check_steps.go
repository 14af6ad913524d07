//go:build cuda && linux && amd64

package cuda

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// trained is what training left: losses of every step and the weights.
type trained struct {
	nats    []float64 // per token
	weights [][]float32
}

// stepModel makes a model that accumulates two micro-batches of two sequences.
func stepModel(r reporter, h gpt.Hyper, T, V int) gpt.Model {
	r.Helper()
	h.DeviceBatch, h.TotalBatch = 2, 2*2*T
	p, err := gpt.NewPlan(h, T, V)
	if err != nil {
		r.Fatalf("%v", err)
	}
	bytes := make([]int, p.V)
	for i := range bytes {
		bytes[i] = i % 3
	}
	return gpt.NewModel(p, h, bytes)
}

// start draws weights. A trial's own initial weights would say less: with output projections of zero the lambdas have no
// gradient but rounding, which AdamW makes as large as any other.
func start(m gpt.Model) [][]float32 {
	rng := rand.New(rand.NewPCG(31, 32))
	var all [][]float32
	for _, w := range m.Weights {
		x := make([]float64, w.Rows*w.Cols)
		kerneltest.Randomise(rng, w, x)
		y := make([]float32, len(x))
		for i, v := range x {
			y[i] = float32(v)
		}
		all = append(all, y)
	}
	return all
}

// train runs steps from there.
func train(t reporter, b gpt.Backend, m gpt.Model, steps int) trained {
	d, err := b.Open(m)
	if err != nil {
		t.Fatalf("%v", err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Errorf("%v", err)
		}
	}()
	for i, x := range start(m) {
		if err := d.Write(gpt.W(i), x); err != nil {
			t.Fatalf("%v", err)
		}
	}
	var r trained
	rng := rand.New(rand.NewPCG(21, 22))
	rows := kerneltest.Rows(rng, m.Plan) // the same text again and again, so that there is something to learn
	for step := range int64(steps) {
		for range m.Plan.Micro {
			if err := d.Accumulate(rows); err != nil {
				t.Fatalf("%v", err)
			}
		}
		l, err := d.Update(gpt.StepScalars{Step: step + 1, Rate: 1 - float64(step)/float64(steps), Momentum: 0.85, Decay: 0.2})
		if err != nil {
			t.Fatalf("%v", err)
		}
		r.nats = append(r.nats, l.Nats/float64(l.Predicted))
	}
	for i, w := range m.Weights {
		x := make([]float32, w.Rows*w.Cols)
		if err := d.Read(gpt.W(i), x); err != nil {
			t.Fatalf("%v", err)
		}
		r.weights = append(r.weights, x)
	}
	return r
}

// moved bounds how far the movement of a weight from its start may be from the CPU's, of the CPU's, in the Euclidean norm. Twice what
// the emulator shows. AdamW's first steps are the gradient's signs, so numbers whose gradient is nearly zero go either way;
// Muon gives all directions one size, so those that have little gradient carry the rounding of bfloat16 in full.
var moved = map[string]float64{
	"wte": 0.15, "head": 0.13, "resid": 0.3, "skip": 0.12, "q": 0.5, "k": 0.5, "v": 0.4, "gate": 0.2, "values": 0.18, "o": 0.4, "fc": 0.28, "proj": 0.28,
}

// followCPU trains on the device and on the CPU and compares losses and weights, and a second run with the first.
func followCPU(t reporter, b gpt.Backend, m gpt.Model) {
	const steps = 4
	got, want := train(t, b, m, steps), train(t, cpu.New(arith.Default(), cpu.Config{}), m, steps)
	compareLosses(t, got, want, 0.02)
	begin := start(m)
	for i, w := range m.Weights {
		off, size := 0.0, 0.0
		for j, x := range want.weights[i] {
			d := float64(got.weights[i][j]) - float64(x)
			off += d * d
			d = float64(x) - float64(begin[i][j])
			size += d * d
		}
		limit := moved[w.Name[strings.LastIndex(w.Name, ".")+1:]]
		if r := math.Sqrt(off / size); !(r <= limit) {
			t.Errorf("%s is off by %.3g of what it moved on the CPU, want at most %.3g", w.Name, r, limit)
		}
	}
	sameBits(t, m, train(t, b, m, steps), got)
}

// sameBits holds a second run against the first.
func sameBits(t reporter, m gpt.Model, again, got trained) {
	t.Helper()
	if !slices.Equal(again.nats, got.nats) {
		t.Errorf("losses of a second run are %v, of the first %v, want the same bits", again.nats, got.nats)
	}
	for i, w := range m.Weights {
		if !slices.Equal(again.weights[i], got.weights[i]) {
			t.Errorf("%s differs between two runs, want the same bits", w.Name)
		}
	}
}

// compareLosses holds losses against the CPU's.
func compareLosses(t reporter, got, want trained, limit float64) {
	t.Helper()
	for i := range want.nats {
		if off := math.Abs(got.nats[i] - want.nats[i]); !(off <= limit) {
			t.Errorf("step %d has a loss of %.5g nats a token, on the CPU %.5g: off by %.3g, want at most %g", i+1, got.nats[i], want.nats[i], off, limit)
		}
	}
	if last := want.nats[len(want.nats)-1]; !(last < want.nats[0]-0.3) {
		t.Errorf("losses on the CPU are %.4g: they should fall, or the comparison says little", want.nats)
	}
}
