package kerneltest

import (
	"math"
	"math/rand/v2"
	"testing"
)

// TestOperationsAgreeWithCentralDifferences moves every number an operation reads both ways and compares the change of a random
// projection of what it makes with the gradient the tape derives.
func TestOperationsAgreeWithCentralDifferences(t *testing.T) {
	const T, heads, HS, C, V, gates = 5, 2, 4, 8, 7, 3
	ids, targets := []int32{2, 0, 2, 6, 1}, []int32{0, 2, 6, 1, 1}
	for _, c := range []struct {
		name   string
		shapes [][2]int
		make   func(t *Tape, in []*Var) *Var
	}{
		{"Embed", [][2]int{{V, C}}, func(t *Tape, in []*Var) *Var { return t.Embed(in[0], ids) }},
		{"Mix", [][2]int{{T, C}, {T, C}, {1, 1}, {1, 1}}, func(t *Tape, in []*Var) *Var { return t.Mix(in[0], in[1], in[2], in[3]) }},
		{"Norm", [][2]int{{T, C}}, func(t *Tape, in []*Var) *Var { return t.Norm(in[0]) }},
		{"Turned", [][2]int{{T, C}, {C, C}}, func(t *Tape, in []*Var) *Var { return t.Turned(in[0], in[1], heads) }},
		{"Values", [][2]int{{T, C}, {C, C}}, func(t *Tape, in []*Var) *Var { return t.Values(in[0], in[1], nil, nil, nil, heads) }},
		{"Values with gates", [][2]int{{T, C}, {C, C}, {heads, gates}, {V, C}},
			func(t *Tape, in []*Var) *Var { return t.Values(in[0], in[1], in[2], in[3], ids, heads) }},
		{"Attention", [][2]int{{T, C}, {T, C}, {T, C}}, func(t *Tape, in []*Var) *Var { return t.Attention(in[0], in[1], in[2], heads, 2) }},
		{"Project", [][2]int{{T, C}, {T, HS}, {C, HS}}, func(t *Tape, in []*Var) *Var { return t.Project(in[0], in[1], in[2]) }},
		{"Expand", [][2]int{{T, C}, {HS, C}}, func(t *Tape, in []*Var) *Var { return t.Expand(in[0], in[1]) }},
		{"Loss", [][2]int{{T, C}, {V, C}}, func(t *Tape, in []*Var) *Var { return t.Loss(in[0], in[1], targets) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, uint64(len(c.name))))
			tape := &Tape{}
			var in []*Var
			for _, s := range c.shapes {
				in = append(in, tape.Leaf(s[0], s[1], normal(rng, s[0]*s[1]), make([]float64, s[0]*s[1])))
			}
			out := c.make(tape, in)
			project := normal(rng, len(out.V))
			copy(out.G, project)
			tape.Backward()
			value := func() float64 {
				total := 0.0
				for i, v := range c.make(&Tape{}, in).V {
					total += v * project[i]
				}
				return total
			}
			for k, x := range in {
				for i := range x.V {
					const step = 1e-5
					old := x.V[i]
					x.V[i] = old + step
					up := value()
					x.V[i] = old - step
					down := value()
					x.V[i] = old
					if got, want := x.G[i], (up-down)/(2*step); math.Abs(got-want) > 1e-7*math.Max(1, math.Abs(want)) {
						t.Fatalf("input %d number %d: gradient %.9g, central difference %.9g", k, i, got, want)
					}
				}
			}
		})
	}
}

func normal(rng *rand.Rand, n int) []float64 {
	x := make([]float64, n)
	for i := range x {
		x[i] = rng.NormFloat64()
	}
	return x
}
