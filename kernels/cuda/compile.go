//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// compiler turns operations into launches for a number of sequences, fusing neighbours where one pass serves both.
type compiler struct {
	*script
	*memory
	plan gpt.Plan
	in   text
}

func (c *compiler) of(t gpt.Tokens) array {
	a := c.tokens[t]
	a.rows = c.in.tokens()
	return a
}

func (c *compiler) side(q, k, v gpt.Tokens) side { return side{c.of(q), c.of(k), c.of(v)} }

// whole is three arrays side by side as one.
func (s side) whole() array {
	return array{s.q.at, s.q.rows, 3 * s.q.cols, s.q.stride}
}

// copyOf is what products read of a weight, gradientOf what they add to.
func (c *compiler) copyOf(w gpt.W) array {
	x := c.weights[w]
	return array{x.copy, x.Rows, x.Cols, x.Cols}
}

func (c *compiler) gradientOf(w gpt.W) array {
	x := c.weights[w]
	return array{x.g, x.Rows, x.Cols, x.Cols}
}

func (c *compiler) floatsOf(w gpt.W) array {
	x := c.weights[w]
	return array{x.p, x.Rows, x.Cols, x.Cols}
}

// three is a matrix and the two behind it as one.
func three(a array) array {
	a.rows *= 3
	return a
}

func (c *compiler) heads() heads { return heads{NH: c.plan.NH, HS: c.plan.HS, gates: c.plan.Gates} }

func (c *compiler) perToken() float32 { return 1 / float32(c.plan.Tokens()) }

func (c *compiler) values(o gpt.QKV) valueEmbedding {
	if o.Values == gpt.None {
		return valueEmbedding{}
	}
	return valueEmbedding{gate: c.floatsOf(o.WGate), table: c.floatsOf(o.Values), dgate: c.gradientOf(o.WGate), dtable: c.gradientOf(o.Values)}
}

// compile appends operations in order.
func (c *compiler) compile(ops []gpt.Op) {
	for i := 0; i < len(ops); i++ {
		if i+1 < len(ops) && c.pair(ops[i], ops[i+1]) {
			i++
			continue
		}
		c.single(ops[i])
	}
}

// pair appends two operations as one, where there is a kernel for both.
func (c *compiler) pair(first, second gpt.Op) bool {
	switch o := first.(type) {
	case gpt.Mix:
		n, ok := second.(gpt.Norm)
		if !ok || n.X != o.Y {
			return false
		}
		l := c.lambdas(o)
		c.mixNorm(c.of(o.X), c.of(o.X0), c.of(o.Y), c.of(n.H), c.of(n.R), l.resid, l.skip)
		return true
	case gpt.NormBackward:
		m, ok := second.(gpt.MixBackward)
		if !ok || o.First || m.DX != o.DX || m.Y != o.X {
			return false
		}
		c.mixNormBackward(c.of(o.H), c.of(o.DH), c.of(o.R), c.of(o.DX), c.of(m.X), c.of(m.X0), c.of(m.DSkip), c.lambdas(m.Mix), c.parts.at, m.First)
		return true
	case gpt.ProjectBackward:
		e, ok := second.(gpt.ExpandBackward)
		if !ok || e.DA != o.DA {
			return false
		}
		c.gradient(c.gradientOf(o.Weight), c.of(o.DY), c.of(o.A), c.parts)
		c.multiply(nn, c.of(o.DA), c.of(o.DY), c.copyOf(o.Weight), 1, matrixArguments{epilogue: relu2Backward, aux: c.of(e.U).at})
		c.gradient(c.gradientOf(e.Weight), c.of(o.DA), c.of(e.H), c.parts)
		c.multiply(nn, c.of(e.DH), c.of(o.DA), c.copyOf(e.Weight), 1, matrixArguments{})
		return true
	}
	return false
}

// single appends one operation. A machine is never opened on an operation it lacks, so that is a panic.
func (c *compiler) single(op gpt.Op) {
	switch o := op.(type) {
	case gpt.Embed:
		c.embed(c.floatsOf(o.Table), c.in, c.of(o.X), c.of(o.R))
	case gpt.EmbedBackward:
		c.embedBackward(c.gradientOf(o.Table), c.in, c.of(o.X), c.of(o.R), c.of(o.DX), c.of(o.DSkip))
	case gpt.Norm:
		c.norm(c.of(o.X), c.of(o.H), c.of(o.R))
	case gpt.NormBackward:
		c.normBackward(c.of(o.H), c.of(o.DH), c.of(o.R), c.of(o.DX), o.First)
	case gpt.QKV:
		x := c.side(o.Q, o.K, o.V)
		c.qkvProduct(x, c.of(o.H), three(c.copyOf(o.WQ)), c.of(o.RQ), c.of(o.RK), c.of(o.G), c.values(o), c.in, c.rope, c.heads())
	case gpt.QKVBackward:
		c.qkvGradients(o)
	case gpt.Attention:
		c.attention(c.side(o.Q, o.K, o.V), c.of(o.Y), c.of(o.LSE), c.plan.T, o.Window, c.heads())
	case gpt.AttentionBackward:
		c.attentionBackward(c.side(o.Q, o.K, o.V), c.side(o.DQ, o.DK, o.DV), c.of(o.Y), c.of(o.DY), c.of(o.LSE), c.scratch(c.along), c.plan.T, o.Window, c.heads())
	case gpt.Project:
		c.multiply(nt, c.of(o.Y), c.of(o.A), c.copyOf(o.Weight), 1, matrixArguments{epilogue: addAux, aux: c.of(o.X).at})
	case gpt.ProjectBackward:
		c.gradient(c.gradientOf(o.Weight), c.of(o.DY), c.of(o.A), c.parts)
		c.multiply(nn, c.of(o.DA), c.of(o.DY), c.copyOf(o.Weight), 1, matrixArguments{})
	case gpt.Expand:
		c.multiply(nt, c.of(o.A), c.of(o.H), c.copyOf(o.Weight), 1, matrixArguments{epilogue: relu2, u: c.of(o.U).at})
	case gpt.Loss:
		c.loss(c.of(o.H), c.copyOf(o.Weight), c.in, c.scratch(c.nats), c.memory.loss, c.perToken())
		if o.Train {
			c.lossBackward(c.of(o.H), c.copyOf(o.Weight), c.of(o.DH), c.gradientOf(o.Weight), c.in, c.memory.loss, c.parts, c.perToken())
		}
	default:
		panic(fmt.Sprintf("cuda: no kernel for operation %T", op))
	}
}

// scratch is the part of an array of one row per token that the sequences at hand fill.
func (c *compiler) scratch(a array) array {
	a.rows = c.in.tokens()
	return a
}

func (c *compiler) loss(h, w array, in text, nats array, l lossScratch, perToken float32) {
	c.script.loss(h, w, in, nats, l, perToken)
}

func (c *compiler) lambdas(o gpt.Mix) lambdas {
	at := func(p driver.Pointer) driver.Pointer { return p + driver.Pointer(o.Layer*sizeFloat) }
	r, s := c.weights[o.Resid], c.weights[o.Skip]
	return lambdas{resid: at(r.p), skip: at(s.p), dresid: at(r.g), dskip: at(s.g)}
}

func (c *compiler) qkvGradients(o gpt.QKVBackward) {
	x, d, e := c.side(o.Q, o.K, o.V), c.side(o.DQ, o.DK, o.DV), c.values(o.QKV)
	h, dh, dz := c.of(o.H), c.of(o.DH), c.scratch(c.dz)
	c.qkvBackward(x, d, h, c.of(o.RQ), c.of(o.RK), c.of(o.G), dz, c.parts.at, e, c.in, c.rope, c.heads())
	c.gradient(three(c.gradientOf(o.WQ)), d.whole(), h, c.parts)
	c.multiply(nn, dh, d.whole(), three(c.copyOf(o.WQ)), 1, matrixArguments{})
	if e.table.at != 0 {
		c.gateInput(dh, dz, e, c.heads())
	}
}
