package gpt

import "fmt"

// A Model is everything a backend needs to run a trial: weights, activations and operations, as data.
type Model struct {
	Plan    Plan
	Weights []Weight
	// Tokens holds the columns of each activation, per token.
	Tokens []int
	// Forward ends with a Loss that does not train; it is what evaluation runs. A training micro-batch runs Forward with that
	// loss replaced by the training one that Backward begins with.
	Forward, Backward []Op
	// TokenBytes is Data.TokenBytes.
	TokenBytes []int
}

// NewModel lays out the model of a plan. The order of operations is fixed here and is part of Numerics.
func NewModel(p Plan, h Hyper, tokenBytes []int) Model {
	m := Model{Plan: p, Weights: p.weights(h), TokenBytes: tokenBytes}
	b := builder{m: &m, byName: map[string]W{}}
	for i, w := range m.Weights {
		b.byName[w.Name] = W(i)
	}
	b.forward()
	b.backward()
	return m
}

// builder keeps what the backward pass must know of the forward pass.
type builder struct {
	m      *Model
	byName map[string]W
	embed  Embed
	layers []layer
	final  Norm
}

// layer holds the operations of one layer in forward order.
type layer struct {
	mix       Mix
	norm1     Norm
	qkv       QKV
	attention Attention
	project1  Project
	norm2     Norm
	expand    Expand
	project2  Project
}

// tokens declares an activation with the given columns.
func (b *builder) tokens(cols int) Tokens {
	b.m.Tokens = append(b.m.Tokens, cols)
	return Tokens(len(b.m.Tokens) - 1)
}

// weight finds a weight of layer i, or None where the layer has none of that name.
func (b *builder) weight(i int, name string) W {
	if w, ok := b.byName[fmt.Sprintf("%d.%s", i, name)]; ok {
		return w
	}
	return None
}

func (b *builder) norm(x Tokens) Norm {
	return Norm{X: x, H: b.tokens(b.m.Plan.C), R: b.tokens(1)}
}

func (b *builder) forward() {
	p := b.m.Plan
	b.embed = Embed{Table: b.byName["wte"], X: b.tokens(p.C), R: b.tokens(1)}
	ops := []Op{b.embed}
	x := b.embed.X
	for i := range p.L {
		l := b.layer(i, x)
		b.layers = append(b.layers, l)
		ops = append(ops, l.mix, l.norm1, l.qkv, l.attention, l.project1, l.norm2, l.expand, l.project2)
		x = l.project2.Y
	}
	b.final = b.norm(x)
	b.m.Forward = append(ops, b.final, Loss{Weight: b.byName["head"], H: b.final.H})
}

func (b *builder) layer(i int, x Tokens) layer {
	p := b.m.Plan
	var l layer
	l.mix = Mix{Resid: b.byName["resid"], Skip: b.byName["skip"], Layer: i, X: x, X0: b.embed.X, Y: b.tokens(p.C)}
	l.norm1 = b.norm(l.mix.Y)
	l.qkv = QKV{
		WQ: b.weight(i, "q"), WK: b.weight(i, "k"), WV: b.weight(i, "v"),
		WGate: b.weight(i, "gate"), Values: b.weight(i, "values"),
		H: l.norm1.H, Q: b.tokens(p.C), K: b.tokens(p.C), V: b.tokens(p.C),
		RQ: b.tokens(p.NH), RK: b.tokens(p.NH), G: b.tokens(p.NH),
	}
	l.attention = Attention{Q: l.qkv.Q, K: l.qkv.K, V: l.qkv.V, Y: b.tokens(p.C), LSE: b.tokens(p.NH), Window: p.Windows[i]}
	l.project1 = Project{Weight: b.weight(i, "o"), A: l.attention.Y, X: l.mix.Y, Y: b.tokens(p.C)}
	l.norm2 = b.norm(l.project1.Y)
	l.expand = Expand{Weight: b.weight(i, "fc"), H: l.norm2.H, U: b.tokens(4 * p.C), A: b.tokens(4 * p.C)}
	l.project2 = Project{Weight: b.weight(i, "proj"), A: l.expand.A, X: l.project1.Y, Y: b.tokens(p.C)}
	return l
}

// backward walks the layers from last to first. dx is the gradient of the stream, dskip that of the embedding through
// the skip lambdas; the others are scratch that every layer uses again.
func (b *builder) backward() {
	p := b.m.Plan
	dx, dskip, dh, wide := b.tokens(p.C), b.tokens(p.C), b.tokens(p.C), b.tokens(4*p.C)
	dy, dq, dk, dv := b.tokens(p.C), b.tokens(p.C), b.tokens(p.C), b.tokens(p.C)
	ops := []Op{
		Loss{Weight: b.byName["head"], H: b.final.H, DH: dh, Train: true},
		NormBackward{Norm: b.final, DH: dh, DX: dx, First: true},
	}
	for i := p.L - 1; i >= 0; i-- {
		l := b.layers[i]
		ops = append(ops,
			ProjectBackward{Project: l.project2, DY: dx, DA: wide},
			ExpandBackward{Expand: l.expand, DA: wide, DH: dh},
			NormBackward{Norm: l.norm2, DH: dh, DX: dx},
			ProjectBackward{Project: l.project1, DY: dx, DA: dy},
			AttentionBackward{Attention: l.attention, DY: dy, DQ: dq, DK: dk, DV: dv},
			QKVBackward{QKV: l.qkv, DQ: dq, DK: dk, DV: dv, DH: dh},
			NormBackward{Norm: l.norm1, DH: dh, DX: dx},
			MixBackward{Mix: l.mix, DX: dx, DSkip: dskip, First: i == p.L-1},
		)
	}
	b.m.Backward = append(ops, EmbedBackward{Embed: b.embed, DX: dx, DSkip: dskip})
}
