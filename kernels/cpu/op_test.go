package cpu

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// bench is one worker with a shard of two sequences, its activations random, beside a tape for each sequence.
type bench struct {
	*testing.T
	w     *worker
	model gpt.Model
	tapes [2]*kerneltest.Tape
	dw    map[gpt.W][]float64 // gradients of weights, shared by both tapes
}

func newBench(t *testing.T, mode arith.Mode) *bench {
	h := kerneltest.Hyper(2, 9, 6, "SL") // 18 channels, 3 heads
	const T, V = 70, 37                  // two blocks of queries, the second a short one
	h.DeviceBatch, h.TotalBatch = 9, 9*T
	p, err := gpt.NewPlan(h, T, V)
	if err != nil {
		t.Fatal(err)
	}
	m := gpt.NewModel(p, h, make([]int, V))
	d, err := New(mode, Config{Threads: 1}).Open(m)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(9, 9))
	for i, w := range m.Weights {
		x := make([]float64, w.Rows*w.Cols)
		kerneltest.Randomise(rng, w, x)
		for j, v := range x {
			d.(*machine).memory.weights[i].V[j] = float32(v)
		}
	}
	b := &bench{T: t, model: m, w: &d.(*machine).workers[0], dw: map[gpt.W][]float64{}, tapes: [2]*kerneltest.Tape{{}, {}}}
	b.w.rows, b.w.nats, b.w.sequences = kerneltest.Rows(rng, p), b.w.trainNats, p.B
	d.(*machine).stale = true
	d.(*machine).fresh()
	b.w.runShard(nil, 7) // the last shard has two of the nine sequences
	b.w.begins = true
	if b.w.count != 2*T {
		t.Fatalf("shard 7 has %d tokens, want %d", b.w.count, 2*T)
	}
	for i := range b.w.tokens {
		x := b.w.of(gpt.Tokens(i))
		for r := range x.Rows {
			for j := range x.Cols {
				rowOf(x, r)[j] = float32(rng.NormFloat64())
			}
		}
	}
	return b
}

func (b *bench) run(op gpt.Op) {
	for _, k := range compile([]gpt.Op{op}) {
		k.run(b.w)
	}
}

// numbers is sequence s of an array of the shard, in float64.
func (b *bench) numbers(m mat.Matrix, s int) []float64 {
	T := b.model.Plan.T
	var x []float64
	for t := s * T; t < (s+1)*T; t++ {
		for _, v := range rowOf(m, t) {
			x = append(x, float64(v))
		}
	}
	return x
}

// leaf puts sequence s of an activation on its tape.
func (b *bench) leaf(s int, a gpt.Tokens) *kerneltest.Var {
	x := b.numbers(b.w.of(a), s)
	return b.tapes[s].Leaf(b.model.Plan.T, b.w.of(a).Cols, x, make([]float64, len(x)))
}

// weight puts a weight on the tape of sequence s.
func (b *bench) weight(s int, i gpt.W) *kerneltest.Var {
	m := b.w.weight(i)
	x := make([]float64, len(m.V))
	for j, v := range m.V {
		x[j] = float64(v)
	}
	if b.dw[i] == nil {
		b.dw[i] = make([]float64, len(x))
	}
	return b.tapes[s].Leaf(m.Rows, m.Cols, x, b.dw[i])
}

// near checks numbers against the tape's, relative to the largest of them. The limit is about ten roundings of float32 for
// sums over up to 140 tokens.
func (b *bench) near(what string, got, want []float64) {
	b.Helper()
	size, worst := 0.0, 0.0
	for i, w := range want {
		size = math.Max(size, math.Abs(w))
		worst = math.Max(worst, math.Abs(got[i]-w))
	}
	if len(got) != len(want) || size == 0 || !(worst <= 2e-6*size) {
		b.Errorf("%s is off by %.3g, want at most 2e-6 of its largest number %.3g (which is not 0)", what, worst, size)
	}
}

// nearWeight checks a shard's gradient of a weight, or the rows of an embedding's, added up by token.
func (b *bench) nearWeight(i gpt.W) {
	b.Helper()
	w := b.model.Weights[i]
	got := make([]float64, w.Rows*w.Cols)
	if w.Role == gpt.Embedding {
		for t, token := range b.w.inputs[:b.w.count] {
			for j, v := range rowOf(b.w.memory.state[i].rows, b.w.first+t) {
				got[int(token)*w.Cols+j] += float64(v)
			}
		}
	} else {
		for j, v := range b.w.memory.state[i].shards[b.w.shard].V {
			got[j] = float64(v)
		}
	}
	b.near("gradient of "+w.Name, got, b.dw[i])
}

// sequences calls f for both and then takes the gradients back.
func (b *bench) sequences(f func(s int, inputs, targets []int32)) {
	T := b.model.Plan.T
	for s := range 2 {
		f(s, b.w.inputs[s*T:(s+1)*T], b.w.targets[s*T:(s+1)*T])
		b.tapes[s].Backward()
	}
}

// find returns the model's i-th operation of a type.
func find[O gpt.Op](m gpt.Model, i int) O {
	for _, op := range append(append([]gpt.Op{}, m.Forward...), m.Backward...) {
		if o, ok := op.(O); ok {
			if i == 0 {
				return o
			}
			i--
		}
	}
	panic("the model has no such operation")
}

func eachMode(t *testing.T, f func(b *bench)) {
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		t.Run(mode.String(), func(t *testing.T) { f(newBench(t, mode)) })
	}
}

func TestEmbed(t *testing.T) {
	eachMode(t, func(b *bench) {
		o := find[gpt.EmbedBackward](b.model, 0)
		b.run(o.Embed)
		b.sequences(func(s int, inputs, _ []int32) {
			y := b.tapes[s].Embed(b.weight(s, o.Table), inputs)
			b.near("X", b.numbers(b.w.of(o.X), s), y.V)
			for i, v := range b.numbers(b.w.of(o.DX), s) {
				y.G[i] = v + b.numbers(b.w.of(o.DSkip), s)[i]
			}
		})
		b.run(o)
		b.nearWeight(o.Table)
	})
}

func TestMix(t *testing.T) {
	eachMode(t, func(b *bench) {
		o := find[gpt.MixBackward](b.model, 1)
		if o.First || o.Layer != 0 {
			t.Fatalf("the second MixBackward is %+v, want that of layer 0, adding", o)
		}
		b.run(o.Mix)
		var x, x0 [2]*kerneltest.Var
		b.sequences(func(s int, _, _ []int32) {
			x[s], x0[s] = b.leaf(s, o.X), b.leaf(s, o.X0)
			resid, skip := b.tapes[s].Columns(b.weight(s, o.Resid), 0, 1), b.tapes[s].Columns(b.weight(s, o.Skip), 0, 1)
			y := b.tapes[s].Mix(x[s], x0[s], resid, skip)
			b.near("Y", b.numbers(b.w.of(o.Y), s), y.V)
			copy(y.G, b.numbers(b.w.of(o.DX), s))
			copy(x0[s].G, add(x0[s].G, b.numbers(b.w.of(o.DSkip), s)))
		})
		b.run(o)
		for s := range 2 {
			b.near("DX", b.numbers(b.w.of(o.DX), s), x[s].G)
			b.near("DSkip", b.numbers(b.w.of(o.DSkip), s), x0[s].G)
		}
		b.nearWeight(o.Resid)
		b.nearWeight(o.Skip)
	})
}

func TestNorm(t *testing.T) {
	eachMode(t, func(b *bench) {
		for i, first := range []bool{true, false} { // the final norm sets DX, that of the last MLP adds
			o := find[gpt.NormBackward](b.model, i)
			if o.First != first {
				t.Fatalf("NormBackward %d sets: %t, want %t", i, o.First, first)
			}
			b.run(o.Norm)
			var x [2]*kerneltest.Var
			b.sequences(func(s int, _, _ []int32) {
				x[s] = b.leaf(s, o.X)
				y := b.tapes[s].Norm(x[s])
				b.near("H", b.numbers(b.w.of(o.H), s), y.V)
				copy(y.G, b.numbers(b.w.of(o.DH), s))
				if !first {
					copy(x[s].G, b.numbers(b.w.of(o.DX), s))
				}
			})
			b.run(o)
			for s := range 2 {
				b.near("DX", b.numbers(b.w.of(o.DX), s), x[s].G)
			}
		}
	})
}

func TestQKV(t *testing.T) {
	eachMode(t, func(b *bench) {
		for i, gated := range []bool{true, false} { // backward, the last layer comes first
			o, heads := find[gpt.QKVBackward](b.model, i), b.model.Plan.NH
			if (o.Values != gpt.None) != gated {
				t.Fatalf("QKVBackward %d has value embeddings: %t, want %t", i, o.Values != gpt.None, gated)
			}
			b.run(o.QKV)
			var h [2]*kerneltest.Var
			b.sequences(func(s int, inputs, _ []int32) {
				tape := b.tapes[s]
				h[s] = b.leaf(s, o.H)
				var gate, table *kerneltest.Var
				if gated {
					gate, table = b.weight(s, o.WGate), b.weight(s, o.Values)
				}
				q, k := tape.Turned(h[s], b.weight(s, o.WQ), heads), tape.Turned(h[s], b.weight(s, o.WK), heads)
				v := tape.Values(h[s], b.weight(s, o.WV), gate, table, inputs, heads)
				b.near("Q", b.numbers(b.w.of(o.Q), s), q.V)
				b.near("K", b.numbers(b.w.of(o.K), s), k.V)
				b.near("V", b.numbers(b.w.of(o.V), s), v.V)
				copy(q.G, b.numbers(b.w.of(o.DQ), s))
				copy(k.G, b.numbers(b.w.of(o.DK), s))
				copy(v.G, b.numbers(b.w.of(o.DV), s))
			})
			b.run(o)
			for s := range 2 {
				b.near("DH", b.numbers(b.w.of(o.DH), s), h[s].G)
			}
			for _, w := range []gpt.W{o.WQ, o.WK, o.WV, o.WGate, o.Values} {
				if w != gpt.None {
					b.nearWeight(w)
				}
			}
		}
	})
}

func TestAttention(t *testing.T) {
	eachMode(t, func(b *bench) {
		for i, window := range []int{70, 35} {
			o, heads := find[gpt.AttentionBackward](b.model, i), b.model.Plan.NH
			if o.Window != window {
				t.Fatalf("AttentionBackward %d has window %d, want %d", i, o.Window, window)
			}
			// Queries and keys are normalised when attention sees them.
			for _, a := range []gpt.Tokens{o.Q, o.K} {
				x := b.w.of(a)
				for r := range x.Rows {
					for n := range heads {
						head := rowOf(x, r)[n*6 : (n+1)*6]
						b.w.vec.Scale(head, 1/float32(math.Sqrt(float64(b.w.vec.Dot(head, head)/6))), head)
					}
				}
			}
			b.run(o.Attention)
			var q, k, v [2]*kerneltest.Var
			b.sequences(func(s int, _, _ []int32) {
				q[s], k[s], v[s] = b.leaf(s, o.Q), b.leaf(s, o.K), b.leaf(s, o.V)
				y := b.tapes[s].Attention(q[s], k[s], v[s], heads, window)
				b.near("Y", b.numbers(b.w.of(o.Y), s), y.V)
				copy(y.G, b.numbers(b.w.of(o.DY), s))
			})
			b.run(o)
			for s := range 2 {
				b.near("DQ", b.numbers(b.w.of(o.DQ), s), q[s].G)
				b.near("DK", b.numbers(b.w.of(o.DK), s), k[s].G)
				b.near("DV", b.numbers(b.w.of(o.DV), s), v[s].G)
			}
		}
	})
}

func TestMLP(t *testing.T) {
	eachMode(t, func(b *bench) {
		p, e := find[gpt.ProjectBackward](b.model, 0), find[gpt.ExpandBackward](b.model, 0)
		b.run(e.Expand)
		b.run(p.Project)
		var h, x [2]*kerneltest.Var
		b.sequences(func(s int, _, _ []int32) {
			h[s], x[s] = b.leaf(s, e.H), b.leaf(s, p.X)
			a := b.tapes[s].Expand(h[s], b.weight(s, e.Weight))
			y := b.tapes[s].Project(x[s], a, b.weight(s, p.Weight))
			b.near("A", b.numbers(b.w.of(e.A), s), a.V)
			b.near("Y", b.numbers(b.w.of(p.Y), s), y.V)
			copy(y.G, b.numbers(b.w.of(p.DY), s))
		})
		for _, k := range compile([]gpt.Op{p, e}) {
			k.run(b.w)
		}
		for s := range 2 {
			b.near("DH", b.numbers(b.w.of(e.DH), s), h[s].G)
		}
		b.nearWeight(p.Weight)
		b.nearWeight(e.Weight)
	})
}

func TestProjectAlone(t *testing.T) {
	eachMode(t, func(b *bench) {
		p := find[gpt.ProjectBackward](b.model, 1) // of attention
		b.run(p.Project)
		var a [2]*kerneltest.Var
		b.sequences(func(s int, _, _ []int32) {
			a[s] = b.leaf(s, p.A)
			y := b.tapes[s].Project(b.leaf(s, p.X), a[s], b.weight(s, p.Weight))
			b.near("Y", b.numbers(b.w.of(p.Y), s), y.V)
			copy(y.G, b.numbers(b.w.of(p.DY), s))
		})
		b.run(p)
		for s := range 2 {
			b.near("DA", b.numbers(b.w.of(p.DA), s), a[s].G)
		}
		b.nearWeight(p.Weight)
	})
}

func TestLoss(t *testing.T) {
	eachMode(t, func(b *bench) {
		o := find[gpt.Loss](b.model, 1)
		if !o.Train {
			t.Fatal("the second Loss does not train")
		}
		// Large rows reach the bend of the softcap.
		h := b.w.of(o.H)
		for r := range h.Rows {
			b.w.vec.Scale(rowOf(h, r), float32(r%7), rowOf(h, r))
		}
		b.run(o)
		var x [2]*kerneltest.Var
		b.sequences(func(s int, _, targets []int32) {
			T := b.model.Plan.T
			x[s] = b.leaf(s, o.H)
			y := b.tapes[s].Loss(x[s], b.weight(s, o.Weight), targets)
			nats := b.numbers(mat.Of(b.w.nats[b.w.first:b.w.first+b.w.count], 2*T, 1), s)
			b.near("nats", nats, y.V)
			for i := range y.G {
				y.G[i] = 1 / float64(b.model.Plan.Tokens())
			}
		})
		for s := range 2 {
			b.near("DH", b.numbers(b.w.of(o.DH), s), x[s].G)
		}
		b.nearWeight(o.Weight)
	})
}

func add(x, y []float64) []float64 {
	for i := range x {
		x[i] += y[i]
	}
	return x
}
