//go:build cuda && linux && amd64

package cuda

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// steps is how long training is compared.
const steps = 6

// A run is what training left: losses of every step and the weights.
type trained struct {
	nats    []float64 // per token
	weights [][]float32
}

// stepModel has two layers of different windows, value embeddings, and accumulates two micro-batches.
func stepModel(t *testing.T) gpt.Model {
	h := kerneltest.Hyper(2, 32, 32, "SL")
	h.DeviceBatch, h.TotalBatch = 2, 2*2*48
	p, err := gpt.NewPlan(h, 48, 130)
	if err != nil {
		t.Fatal(err)
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
func train(t *testing.T, b gpt.Backend, m gpt.Model) trained {
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	for i, x := range start(m) {
		if err := d.Write(gpt.W(i), x); err != nil {
			t.Fatal(err)
		}
	}
	var r trained
	rng := rand.New(rand.NewPCG(21, 22))
	rows := kerneltest.Rows(rng, m.Plan) // the same text again and again, so that there is something to learn
	for step := range int64(steps) {
		for range m.Plan.Micro {
			if err := d.Accumulate(rows); err != nil {
				t.Fatal(err)
			}
		}
		l, err := d.Update(gpt.StepScalars{Step: step + 1, Rate: 1 - float64(step)/steps, Momentum: 0.85, Decay: 0.2})
		if err != nil {
			t.Fatal(err)
		}
		r.nats = append(r.nats, l.Nats/float64(l.Predicted))
	}
	for i, w := range m.Weights {
		x := make([]float32, w.Rows*w.Cols)
		if err := d.Read(gpt.W(i), x); err != nil {
			t.Fatal(err)
		}
		r.weights = append(r.weights, x)
	}
	return r
}

// moved bounds how far the movement of a weight from its start may be from the CPU's, of the CPU's, in the Euclidean norm. Twice what
// the emulator shows. AdamW's first steps are the gradient's signs, so numbers whose gradient is nearly zero go either way;
// Muon gives all directions one size, so those that have little gradient carry the rounding of bfloat16 in full.
var moved = map[string]float64{
	"wte": 0.15, "head": 0.13, "resid": 0.06, "skip": 0.02, "q": 0.5, "k": 0.5, "v": 0.4, "gate": 0.2, "values": 0.18, "o": 0.4, "fc": 0.28, "proj": 0.28,
}

func TestStepsFollowTheCPU(t *testing.T) {
	b, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer b.(*Backend).Close()
	m := stepModel(t)
	got, want := train(t, b, m), train(t, cpu.New(arith.Default(), cpu.Config{Threads: 1}), m)
	for i := range want.nats {
		if off := math.Abs(got.nats[i] - want.nats[i]); !(off <= 0.02) {
			t.Errorf("step %d has a loss of %.5g nats a token, on the CPU %.5g: off by %.3g, want at most 0.02", i+1, got.nats[i], want.nats[i], off)
		}
	}
	if !(want.nats[steps-1] < want.nats[0]-0.3) {
		t.Errorf("losses on the CPU are %.4g: they should fall, or the comparison says little", want.nats)
	}
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
	again := train(t, b, m)
	if !slices.Equal(again.nats, got.nats) {
		t.Errorf("losses of a second run are %v, of the first %v, want the same bits", again.nats, got.nats)
	}
	for i, w := range m.Weights {
		if !slices.Equal(again.weights[i], got.weights[i]) {
			t.Errorf("%s differs between two runs, want the same bits", w.Name)
		}
	}
}

func TestMemory(t *testing.T) {
	opened, err := New(Config{})
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	b := opened.(*Backend)
	defer b.Close()
	m := stepModel(t)
	need, limit := b.Memory(m)
	if need <= 0 || limit < need {
		t.Fatalf("a tiny model needs %d bytes of %d", need, limit)
	}
	b.config.Limit = need - 1
	if _, err := b.Open(m); err == nil || !strings.Contains(err.Error(), gpt.ErrMemory.Error()) {
		t.Errorf("opening a model of %d bytes with a limit of one less gives %v, want an error of memory", need, err)
	}
	b.config.Limit = need
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(m); err == nil {
		t.Error("a second machine opens beside the first")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	h := kerneltest.Hyper(1, 70, 70, "L")
	h.DeviceBatch, h.TotalBatch = 1, 8
	p, err := gpt.NewPlan(h, 8, 20)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Open(gpt.NewModel(p, h, make([]int, 20))); err == nil || !strings.Contains(err.Error(), "HEAD_DIM is 70") {
		t.Errorf("a head of 70 channels gives %v, want an error that names HEAD_DIM", err)
	}
}
