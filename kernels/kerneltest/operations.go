package kerneltest

import "math"

// The operations of the model for one sequence of T rows, one function for each forward gpt.Op.

// Embed is gpt.Embed: the normalised rows of the table that ids name.
func (t *Tape) Embed(table *Var, ids []int32) *Var { return t.Norm(t.Gather(table, ids)) }

// Mix is gpt.Mix: resid*x + skip*x0 with single numbers resid and skip.
func (t *Tape) Mix(x, x0, resid, skip *Var) *Var { return t.Add(t.Times(x, resid), t.Times(x0, skip)) }

// Norm is gpt.Norm: x/sqrt(mean(x²) + 2^-23) by rows.
func (t *Tape) Norm(x *Var) *Var {
	const eps = 1. / (1 << 23)
	mean := t.Scale(t.RowSums(t.Times(x, x)), 1/float64(x.Cols))
	return t.Times(x, t.Map(mean,
		func(m float64) float64 { return 1 / math.Sqrt(m+eps) },
		func(m, y float64) float64 { return -0.5 * y / (m + eps) }))
}

// Turned is what gpt.QKV makes of its queries or keys: h*wᵀ, each head turned by its position and normalised.
func (t *Tape) Turned(h, w *Var, heads int) *Var {
	x := t.ProductT(h, w)
	return t.byHead(heads, x.Cols/heads, func(from, to int) *Var { return t.Norm(t.rotary(t.Columns(x, from, to))) })
}

// Values is what gpt.QKV makes of its values: h*wᵀ, and where there is a gate, its share of the rows of the table that ids
// name.
func (t *Tape) Values(h, w, gate, table *Var, ids []int32, heads int) *Var {
	v := t.ProductT(h, w)
	if gate == nil {
		return v
	}
	z := t.ProductT(t.Columns(h, 0, gate.Cols), gate)
	share := t.Scale(t.Map(z, func(x float64) float64 { return 1 / (1 + math.Exp(-x)) }, func(_, y float64) float64 { return y * (1 - y) }), 2)
	rows := t.Gather(table, ids)
	HS := v.Cols / heads
	return t.byHead(heads, HS, func(from, to int) *Var {
		return t.Add(t.Columns(v, from, to), t.Times(t.Columns(rows, from, to), t.Columns(share, from/HS, from/HS+1)))
	})
}

// Attention is gpt.Attention: causal, each query over window keys before its own.
func (t *Tape) Attention(q, k, v *Var, heads, window int) *Var {
	T, HS := q.Rows, q.Cols/heads
	return t.byHead(heads, HS, func(from, to int) *Var {
		scores := t.Scale(t.ProductT(t.Columns(q, from, to), t.Columns(k, from, to)), 1/math.Sqrt(float64(HS)))
		e := t.Times(t.exp(scores), t.Constant(T, T, mask(T, window)))
		return t.ProductT(t.Times(e, t.inverse(t.RowSums(e))), t.Transpose(t.Columns(v, from, to)))
	})
}

// Project is gpt.Project: x + a*wᵀ.
func (t *Tape) Project(x, a, w *Var) *Var { return t.Add(x, t.ProductT(a, w)) }

// Expand is gpt.Expand: max(h*wᵀ, 0)².
func (t *Tape) Expand(h, w *Var) *Var {
	positive := t.Map(t.ProductT(h, w), func(x float64) float64 { return math.Max(x, 0) }, func(x, _ float64) float64 {
		if x > 0 {
			return 1
		}
		return 0
	})
	return t.Times(positive, positive)
}

// Loss is gpt.Loss: a column with the nats of each target.
func (t *Tape) Loss(h, w *Var, targets []int32) *Var {
	logits := t.Scale(t.Map(t.Scale(t.ProductT(h, w), 1./15), math.Tanh, func(_, y float64) float64 { return 1 - y*y }), 15)
	total := t.Map(t.RowSums(t.exp(logits)), math.Log, func(x, _ float64) float64 { return 1 / x })
	return t.Add(total, t.Scale(t.Pick(logits, targets), -1))
}

// byHead joins what f makes of each head's columns.
func (t *Tape) byHead(heads, HS int, f func(from, to int) *Var) *Var {
	var parts []*Var
	for n := range heads {
		parts = append(parts, f(n*HS, (n+1)*HS))
	}
	return t.Join(parts...)
}

// rotary turns channel pairs (j, j+HS/2) of row t by -t*10000^(-2j/HS).
func (t *Tape) rotary(x *Var) *Var {
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

func (t *Tape) exp(x *Var) *Var {
	return t.Map(x, math.Exp, func(_, y float64) float64 { return y })
}

func (t *Tape) inverse(x *Var) *Var {
	return t.Map(x, func(x float64) float64 { return 1 / x }, func(_, y float64) float64 { return -y * y })
}
