package kerneltest

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// Reference is the model in float64. Weights and gradients are found by the names of gpt.Weight.
type Reference struct {
	Plan      gpt.Plan
	Weights   map[string][]float64
	Gradients map[string][]float64
	shapes    map[string][2]int
}

// NewReference returns a reference with zero weights of the shapes that a model lists.
func NewReference(m gpt.Model) *Reference {
	r := &Reference{Plan: m.Plan, Weights: map[string][]float64{}, Gradients: map[string][]float64{}, shapes: map[string][2]int{}}
	for _, w := range m.Weights {
		r.Weights[w.Name] = make([]float64, w.Rows*w.Cols)
		r.Gradients[w.Name] = make([]float64, w.Rows*w.Cols)
		r.shapes[w.Name] = [2]int{w.Rows, w.Cols}
	}
	return r
}

// Accumulate adds the gradients of the mean loss over tokens predictions, of which rows (T+1 tokens each) are a part, and
// returns the nats of each target.
func (r *Reference) Accumulate(rows []int32, tokens int) []float64 {
	var nats []float64
	for at := 0; at < len(rows); at += r.Plan.T + 1 {
		tape := &Tape{}
		each := r.losses(tape, rows[at:at+r.Plan.T+1])
		nats = append(nats, each.V...)
		for i := range each.G {
			each.G[i] = 1 / float64(tokens)
		}
		tape.Backward()
	}
	return nats
}

func (r *Reference) leaf(t *Tape, format string, args ...any) *Var {
	name := fmt.Sprintf(format, args...)
	shape, ok := r.shapes[name]
	if !ok {
		panic("kerneltest: the model has no weight " + name)
	}
	return t.Leaf(shape[0], shape[1], r.Weights[name], r.Gradients[name])
}

// losses is the forward pass of one sequence: a column with the nats of each target.
func (r *Reference) losses(t *Tape, row []int32) *Var {
	inputs, targets := row[:r.Plan.T], row[1:]
	resid, skip := r.leaf(t, "resid"), r.leaf(t, "skip")
	x := t.Embed(r.leaf(t, "wte"), inputs)
	x0 := x
	for i := range r.Plan.L {
		x = t.Mix(x, x0, t.Columns(resid, i, i+1), t.Columns(skip, i, i+1))
		x = t.Project(x, r.attention(t, i, t.Norm(x), inputs), r.leaf(t, "%d.o", i))
		x = t.Project(x, t.Expand(t.Norm(x), r.leaf(t, "%d.fc", i)), r.leaf(t, "%d.proj", i))
	}
	return t.Loss(t.Norm(x), r.leaf(t, "head"), targets)
}

// attention is one layer's, with value embeddings on every second layer so that the last has them.
func (r *Reference) attention(t *Tape, i int, h *Var, inputs []int32) *Var {
	p := r.Plan
	var gate, table *Var
	if i%2 == (p.L-1)%2 {
		gate, table = r.leaf(t, "%d.gate", i), r.leaf(t, "%d.values", i)
	}
	q, k := t.Turned(h, r.leaf(t, "%d.q", i), p.NH), t.Turned(h, r.leaf(t, "%d.k", i), p.NH)
	v := t.Values(h, r.leaf(t, "%d.v", i), gate, table, inputs, p.NH)
	return t.Attention(q, k, v, p.NH, p.Windows[i])
}
