package kerneltest

import (
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// Tolerance says how far a backend may be from float64. A backend's test states where its numbers come from.
type Tolerance struct {
	// Nats bounds the difference of each target's loss.
	Nats float64
	// Gradient bounds |g - reference| / |reference| in the Euclidean norm, by the last part of a weight's name: "wte", "q",
	// "gate" and so on.
	Gradient map[string]float64
	// Update bounds the root mean square difference of a weight's numbers after five steps, in units of its learning rate. A mean,
	// because the cautious decay jumps where the sign of a tiny update is a matter of rounding.
	Update map[gpt.Role]float64
}

// shape is a small model that exercises some edge.
type shape struct {
	name   string
	hyper  gpt.Hyper
	T, V   int
	B, acc int // sequences in a micro-batch, micro-batches in a step
}

var shapes = []shape{
	{"one head, one layer, one sequence", Hyper(1, 8, 8, "L"), 5, 11, 1, 1},
	{"odd width, two micro-batches", Hyper(2, 9, 6, "SL"), 7, 13, 3, 2},
	{"window and sequence longer than a block of queries", Hyper(3, 9, 14, "SSL"), 75, 37, 2, 1},
	{"more sequences than shards, vocabulary beyond a block", Hyper(2, 17, 34, "L"), 9, 70, 11, 1},
	{"shards too long for one pass", Hyper(1, 4, 4, "L"), 130, 11, 9, 1},
	{"wide enough to pack, three micro-batches", Hyper(2, 32, 32, "SSSL"), 17, 129, 3, 3},
}

// Conform holds a backend against the float64 reference: losses, the gradient of every weight, the optimizer, and what the
// gpt.Machine interface promises besides. Open must return a fresh backend, on the same device each time.
func Conform(t *testing.T, open func() gpt.Backend, tol Tolerance) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			t.Run("gradients", func(t *testing.T) { s.gradients(t, open(), tol) })
			t.Run("updates", func(t *testing.T) { s.updates(t, open(), tol) })
			t.Run("evaluation", func(t *testing.T) { s.evaluation(t, open()) })
		})
	}
}

func (s shape) model(t *testing.T) gpt.Model {
	h := s.hyper
	h.DeviceBatch, h.TotalBatch = s.B, s.B*s.acc*s.T
	p, err := gpt.NewPlan(h, s.T, s.V)
	if err != nil {
		t.Fatal(err)
	}
	bytes := make([]int, s.V)
	for i := range bytes {
		bytes[i] = i % 4 // every fourth token stands for no byte
	}
	return gpt.NewModel(p, h, bytes)
}

// start opens a machine and a reference with the same random weights.
func (s shape) start(t *testing.T, b gpt.Backend, rng *rand.Rand) (gpt.Machine, *Reference) {
	m := s.model(t)
	d, err := b.Open(m)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	r := NewReference(m)
	for i, w := range m.Weights {
		Randomise(rng, w, r.Weights[w.Name])
		if err := d.Write(gpt.W(i), narrow(r.Weights[w.Name])); err != nil {
			t.Fatal(err)
		}
	}
	return d, r
}

func (s shape) gradients(t *testing.T, b gpt.Backend, tol Tolerance) {
	rng := rand.New(rand.NewPCG(3, 4))
	d, r := s.start(t, b, rng)
	m := s.model(t)
	var want gpt.Losses
	for range s.acc {
		rows := Rows(rng, m.Plan)
		if err := d.Accumulate(rows); err != nil {
			t.Fatal(err)
		}
		want.Add(rows, narrow(r.Accumulate(rows, m.Plan.Tokens())), s.T, m.TokenBytes)
	}
	for i, w := range m.Weights {
		g := make([]float32, w.Rows*w.Cols)
		if err := d.ReadGradient(gpt.W(i), g); err != nil {
			t.Fatal(err)
		}
		part := w.Name[strings.LastIndex(w.Name, ".")+1:]
		limit, ok := tol.Gradient[part]
		if !ok {
			t.Fatalf("no tolerance for the gradient of %q", part)
		}
		if off := distance(g, r.Gradients[w.Name]); !(off <= limit) {
			t.Errorf("gradient of %s is off by %.3g of its norm, want at most %.3g", w.Name, off, limit)
		}
	}
	got, err := d.Update(gpt.StepScalars{Step: 1, Rate: 1, Momentum: 0.85})
	if err != nil {
		t.Fatal(err)
	}
	n := float64(want.Predicted)
	if got.Predicted != want.Predicted || got.Bytes != want.Bytes ||
		!(math.Abs(got.Nats-want.Nats) <= n*tol.Nats) || !(math.Abs(got.ByteNats-want.ByteNats) <= n*tol.Nats) {
		t.Errorf("losses are %+v, want %+v within %.3g nats a target", got, want, tol.Nats)
	}
}

// updates hands the machine's own gradients to the reference optimizer, so that only the optimizer is compared.
func (s shape) updates(t *testing.T, b gpt.Backend, tol Tolerance) {
	rng := rand.New(rand.NewPCG(5, 6))
	d, r := s.start(t, b, rng)
	m := s.model(t)
	o := NewOptimizer(m.Weights)
	for step := int64(1); step <= 5; step++ {
		scalars := gpt.StepScalars{Step: step, Rate: 1 / float64(step), Momentum: 0.85 + 0.01*float64(step), Decay: 0.3}
		for range s.acc {
			if err := d.Accumulate(Rows(rng, m.Plan)); err != nil {
				t.Fatal(err)
			}
		}
		for i, w := range m.Weights {
			g := make([]float32, w.Rows*w.Cols)
			if err := d.ReadGradient(gpt.W(i), g); err != nil {
				t.Fatal(err)
			}
			o.Update(i, r.Weights[w.Name], widen(g), scalars)
		}
		if _, err := d.Update(scalars); err != nil {
			t.Fatal(err)
		}
	}
	for i, w := range m.Weights {
		p := make([]float32, w.Rows*w.Cols)
		if err := d.Read(gpt.W(i), p); err != nil {
			t.Fatal(err)
		}
		square := 0.0
		for j, v := range p {
			square += math.Pow((float64(v)-r.Weights[w.Name][j])/w.LR, 2)
		}
		if off := math.Sqrt(square / float64(len(p))); !(off <= tol.Update[w.Role]) {
			t.Errorf("%s after 5 steps is off by %.3g of its rate, want at most %.3g", w.Name, off, tol.Update[w.Role])
		}
		if err := d.ReadGradient(gpt.W(i), p); err != nil || distance(p, make([]float64, len(p))) != 0 {
			t.Errorf("gradient of %s after an update is not zero (error: %v)", w.Name, err)
		}
	}
}

// evaluation checks that a target's nats are the same alone and among others, before and after training on it, and near the
// training loss.
func (s shape) evaluation(t *testing.T, b gpt.Backend) {
	rng := rand.New(rand.NewPCG(7, 8))
	d, _ := s.start(t, b, rng)
	m := s.model(t)
	rows := Rows(rng, m.Plan)
	all, one := make([]float32, s.B*s.T), make([]float32, s.T)
	for range 2 {
		if err := d.Evaluate(rows, all); err != nil {
			t.Fatal(err)
		}
		for i := range s.B {
			if err := d.Evaluate(rows[i*(s.T+1):(i+1)*(s.T+1)], one); err != nil {
				t.Fatal(err)
			}
			for j, x := range one {
				if x != all[i*s.T+j] {
					t.Fatalf("sequence %d target %d has %v nats alone and %v among %d", i, j, x, all[i*s.T+j], s.B)
				}
			}
		}
		var evaluated gpt.Losses
		evaluated.Add(rows, all, s.T, m.TokenBytes)
		if err := d.Accumulate(rows); err != nil {
			t.Fatal(err)
		}
		trained, err := d.Update(gpt.StepScalars{Step: 1, Momentum: 0.85}) // at rate 0, so that the weights stay
		if err != nil {
			t.Fatal(err)
		}
		if trained != evaluated {
			t.Errorf("training saw losses %+v, evaluation %+v, want the same", trained, evaluated)
		}
	}
	if err := d.Evaluate(rows[:s.T], one); err == nil {
		t.Error("evaluating a part of a row gave no error")
	}
}

// distance is |got - want| / |want|, or |got| where want is zero.
func distance(got []float32, want []float64) float64 {
	var off, size float64
	for i, g := range got {
		off += (float64(g) - want[i]) * (float64(g) - want[i])
		size += want[i] * want[i]
	}
	if size == 0 {
		size = 1
	}
	return math.Sqrt(off / size)
}

func narrow(x []float64) []float32 {
	y := make([]float32, len(x))
	for i, v := range x {
		y[i] = float32(v)
	}
	return y
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}
