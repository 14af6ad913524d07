package kerneltest

import (
	"fmt"
	"math"

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
		tape.Backward(tape.RowSums(tape.Transpose(each)), 1/float64(tokens))
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
	x := rmsNorm(t, t.Gather(r.leaf(t, "wte"), inputs))
	x0 := x
	for i := range r.Plan.L {
		x = t.Add(t.Times(x, t.Columns(resid, i, i+1)), t.Times(x0, t.Columns(skip, i, i+1)))
		x = t.Add(x, r.attention(t, i, rmsNorm(t, x), inputs))
		u := t.ProductT(rmsNorm(t, x), r.leaf(t, "%d.fc", i))
		positive := t.Map(u, func(x float64) float64 { return math.Max(x, 0) }, func(x, _ float64) float64 {
			if x > 0 {
				return 1
			}
			return 0
		})
		x = t.Add(x, t.ProductT(t.Times(positive, positive), r.leaf(t, "%d.proj", i)))
	}
	logits := t.ProductT(rmsNorm(t, x), r.leaf(t, "head"))
	capped := t.Scale(tanh(t, t.Scale(logits, 1./15)), 15)
	return t.Add(logarithm(t, t.RowSums(exponential(t, capped))), t.Scale(t.Pick(capped, targets), -1))
}

// attention is one layer's, value embeddings and output projection included.
func (r *Reference) attention(t *Tape, layer int, h *Var, inputs []int32) *Var {
	p := r.Plan
	q, k, v := t.ProductT(h, r.leaf(t, "%d.q", layer)), t.ProductT(h, r.leaf(t, "%d.k", layer)), t.ProductT(h, r.leaf(t, "%d.v", layer))
	var gates, values *Var
	if layer%2 == (p.L-1)%2 {
		z := t.ProductT(t.Columns(h, 0, min(32, p.C)), r.leaf(t, "%d.gate", layer))
		gates = t.Scale(t.Map(z, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, func(_, y float64) float64 { return y * (1 - y) }), 2)
		values = t.Gather(r.leaf(t, "%d.values", layer), inputs)
	}
	var heads []*Var
	for n := range p.NH {
		from, to := n*p.HS, (n+1)*p.HS
		vn := t.Columns(v, from, to)
		if gates != nil {
			vn = t.Add(vn, t.Times(t.Columns(values, from, to), t.Columns(gates, n, n+1)))
		}
		qn, kn := rmsNorm(t, rotary(t, t.Columns(q, from, to))), rmsNorm(t, rotary(t, t.Columns(k, from, to)))
		e := exponential(t, t.Scale(t.ProductT(qn, kn), 1/math.Sqrt(float64(p.HS))))
		e = t.Times(e, t.Constant(p.T, p.T, mask(p.T, p.Windows[layer])))
		share := t.Times(e, inverse(t, t.RowSums(e)))
		heads = append(heads, t.ProductT(share, t.Transpose(vn)))
	}
	return t.ProductT(t.Join(heads...), r.leaf(t, "%d.o", layer))
}

// mask is 1 where query i may see key j: j <= i and i-j <= window.
func mask(T, window int) []float64 {
	m := make([]float64, T*T)
	for i := range T {
		for j := max(0, i-window); j <= i; j++ {
			m[i*T+j] = 1
		}
	}
	return m
}

// rotary turns channel pairs (j, j+HS/2) of row t by -t*10000^(-2j/HS).
func rotary(t *Tape, x *Var) *Var {
	half := x.Cols / 2
	cos, sin := make([]float64, x.Rows*half), make([]float64, x.Rows*half)
	for i := range cos {
		angle := float64(i/half) * math.Pow(10000, -2*float64(i%half)/float64(x.Cols))
		cos[i], sin[i] = math.Cos(angle), math.Sin(angle)
	}
	c, s := t.Constant(x.Rows, half, cos), t.Constant(x.Rows, half, sin)
	a, b := t.Columns(x, 0, half), t.Columns(x, half, x.Cols)
	return t.Join(t.Add(t.Times(a, c), t.Times(b, s)), t.Add(t.Times(b, c), t.Scale(t.Times(a, s), -1)))
}

// rmsNorm is x/sqrt(mean(x²) + 2^-23) by rows.
func rmsNorm(t *Tape, x *Var) *Var {
	mean := t.Scale(t.RowSums(t.Times(x, x)), 1/float64(x.Cols))
	return t.Times(x, t.Map(mean,
		func(m float64) float64 { return 1 / math.Sqrt(m+1./(1<<23)) },
		func(m, y float64) float64 { return -0.5 * y / (m + 1./(1<<23)) }))
}

func exponential(t *Tape, x *Var) *Var {
	return t.Map(x, math.Exp, func(_, y float64) float64 { return y })
}

func logarithm(t *Tape, x *Var) *Var {
	return t.Map(x, math.Log, func(x, _ float64) float64 { return 1 / x })
}

func inverse(t *Tape, x *Var) *Var {
	return t.Map(x, func(x float64) float64 { return 1 / x }, func(_, y float64) float64 { return -y * y })
}

func tanh(t *Tape, x *Var) *Var {
	return t.Map(x, math.Tanh, func(_, y float64) float64 { return 1 - y*y })
}
