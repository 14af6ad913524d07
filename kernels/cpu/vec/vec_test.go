package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

const eps = 1e-6

// operation runs one function of the package on arrays of its own choosing and returns everything it wrote.
type operation struct {
	name string
	run  func(u Unit, in inputs) [][]float32
}

// inputs are four matrices of random numbers with gaps between the rows, and some scalars.
type inputs struct {
	m          [4]mat.Matrix
	a, b, c, d float32
	flag       bool
}

func newInputs(r *rand.Rand, rows, cols int, size float64) inputs {
	var in inputs
	for i := range in.m {
		in.m[i] = random(r, rows, cols, r.IntN(4), size)
	}
	in.a, in.b, in.c, in.d = float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.NormFloat64()), float32(r.NormFloat64())
	in.flag = r.IntN(2) == 0
	return in
}

func random(r *rand.Rand, rows, cols, pad int, size float64) mat.Matrix {
	m := mat.Matrix{V: make([]float32, max(0, (rows-1)*(cols+pad)+cols)), Rows: rows, Cols: cols, Stride: cols + pad}
	for i := range m.V {
		m.V[i] = float32(size * r.NormFloat64())
	}
	return m
}

func (in inputs) clone() inputs {
	for i := range in.m {
		in.m[i].V = append([]float32(nil), in.m[i].V...)
	}
	return in
}

// row is the first row of matrix i.
func (in inputs) row(i int) []float32 { return row(in.m[i], 0) }

// written is every array, gaps included: an operation must leave alone what is not its own.
func (in inputs) written(scalars ...float32) [][]float32 {
	return [][]float32{in.m[0].V, in.m[1].V, in.m[2].V, in.m[3].V, scalars}
}

// table is a rotation of `places` rows for heads of 2·half, and the matrix for 1/rms.
func table(places, half int) Rotation {
	t := Rotation{Cos: mat.Of(make([]float32, places*half), places, half), Sin: mat.Of(make([]float32, places*half), places, half)}
	for i := range t.Cos.V {
		s, c := math.Sincos(float64(i) * 0.37)
		t.Cos.V[i], t.Sin.V[i] = float32(c), float32(s)
	}
	return t
}

var operations = []operation{
	{"Dot", func(u Unit, in inputs) [][]float32 { return in.written(u.Dot(in.row(0), in.row(1))) }},
	{"Add", func(u Unit, in inputs) [][]float32 { u.Add(in.row(0), in.row(1)); return in.written() }},
	{"Scale", func(u Unit, in inputs) [][]float32 { u.Scale(in.row(0), in.a, in.row(1)); return in.written() }},
	{"Scale in place", func(u Unit, in inputs) [][]float32 { u.Scale(in.row(0), in.a, in.row(0)); return in.written() }},
	{"Multiply", func(u Unit, in inputs) [][]float32 { u.Multiply(in.row(0), in.row(1)); return in.written() }},
	{"Axpy", func(u Unit, in inputs) [][]float32 { u.Axpy(in.row(0), in.a, in.row(1)); return in.written() }},
	{"AddSquares", func(u Unit, in inputs) [][]float32 { u.AddSquares(in.row(0), in.row(1)); return in.written() }},
	{"Blend", func(u Unit, in inputs) [][]float32 {
		u.Blend(in.m[0], in.a, in.m[1], in.b, in.m[2])
		return in.written()
	}},
	{"Blend in place", func(u Unit, in inputs) [][]float32 {
		u.Blend(in.m[0], in.a, in.m[0], in.b, in.m[2])
		return in.written()
	}},
	{"MixBackward", func(u Unit, in inputs) [][]float32 {
		x, y := u.MixBackward(in.m[0], in.m[1], in.m[2], in.m[3], in.a, in.b, in.flag)
		return in.written(x, y)
	}},
	{"Norm", func(u Unit, in inputs) [][]float32 {
		u.Norm(in.m[0], in.m[1], in.m[2], eps)
		return in.written()
	}},
	{"NormBackward", func(u Unit, in inputs) [][]float32 {
		u.NormBackward(in.m[0], in.m[1], in.m[2], in.m[3], in.flag)
		return in.written()
	}},
	{"ExpSum", func(u Unit, in inputs) [][]float32 { return in.written(u.ExpSum(in.row(0), in.a)) }},
	{"SoftmaxBackward", func(u Unit, in inputs) [][]float32 {
		u.SoftmaxBackward(in.row(0), in.row(1), in.a, in.b, in.c)
		return in.written()
	}},
	{"CapExp", func(u Unit, in inputs) [][]float32 { return in.written(u.CapExp(in.row(0), in.row(1), 15)) }},
	{"CapGradient", func(u Unit, in inputs) [][]float32 { u.CapGradient(in.row(0), in.row(1), in.a); return in.written() }},
	{"Gate", func(u Unit, in inputs) [][]float32 { u.Gate(in.m[0]); return in.written() }},
	{"Nesterov", func(u Unit, in inputs) [][]float32 { u.Nesterov(in.row(0), in.row(1), in.a); return in.written() }},
	{"Cautious", func(u Unit, in inputs) [][]float32 {
		u.Cautious(in.row(0), in.row(1), in.a, in.b)
		return in.written()
	}},
	{"Adam", func(u Unit, in inputs) [][]float32 {
		u.Multiply(in.row(3), in.row(3)) // second moments are not negative
		u.Adam(in.row(0), in.row(1), in.row(2), in.row(3), AdamRates{in.a, in.b, in.c, 1 + in.d*in.d, 1e-10})
		return in.written()
	}},
}

// compare demands the same bits, gaps included; NaNs are equal to each other.
func compare(t *testing.T, what string, got, want [][]float32) {
	t.Helper()
	for a := range want {
		for i, w := range want[a] {
			g := got[a][i]
			if math.Float32bits(g) != math.Float32bits(w) && (g == g || w == w) {
				t.Fatalf("%s: array %d, float %d is %x in assembly, %x in plain Go", what, a, i, g, w)
			}
		}
	}
}

func needVector(t testing.TB) {
	if !arith.Vector {
		t.Skip("this processor has no assembly to compare")
	}
}

func TestAssemblyAndPlainGoHaveTheSameBits(t *testing.T) {
	needVector(t)
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		for _, op := range operations {
			r := rand.New(rand.NewPCG(1, uint64(mode)))
			for cols := 1; cols <= 40; cols++ {
				in := newInputs(r, 1+r.IntN(5), cols, 2)
				want := op.run(NewPortable(mode), in.clone())
				compare(t, fmt.Sprintf("%v %s of %d columns", mode, op.name, cols), op.run(New(mode), in.clone()), want)
			}
		}
	}
}

func TestRotationsHaveTheSameBits(t *testing.T) {
	needVector(t)
	r := rand.New(rand.NewPCG(2, 2))
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		for half := 1; half <= 33; half++ {
			heads, tokens := 1+r.IntN(3), 1+r.IntN(6)
			tab := table(tokens+2, half)
			in := newInputs(r, tokens, 2*half*heads, 1)
			run := func(u Unit) [][]float32 {
				in := in.clone()
				inverse := mat.Of(make([]float32, tokens*(heads+1)), tokens, heads+1)
				u.NormRotate(in.m[0], inverse, tab, eps)
				u.NormRotateBackward(in.m[1], in.m[0], inverse, tab)
				return append(in.written(), inverse.V)
			}
			compare(t, fmt.Sprintf("%v rotation of %d heads of %d", mode, heads, 2*half), run(New(mode)), run(NewPortable(mode)))
		}
	}
}

func TestSpecialValuesHaveTheSameBits(t *testing.T) {
	needVector(t)
	inf := float32(math.Inf(1))
	special := []float32{0, float32(math.Copysign(0, -1)), inf, -inf, float32(math.NaN()), 1e-45, -1e-40, 1.17549435e-38, 3.4e38, -3.4e38,
		88.72283, 88.72284, -87.33654, -87.33655, -104, 9.02, 9.03, -9.03, 1e-20, 16777216}
	r := rand.New(rand.NewPCG(3, 3))
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		for _, op := range operations {
			for range 100 {
				in := newInputs(r, 2, 19, 3)
				for i := range in.m {
					for range r.IntN(6) {
						in.m[i].V[r.IntN(len(in.m[i].V))] = special[r.IntN(len(special))]
					}
				}
				want := op.run(NewPortable(mode), in.clone())
				compare(t, fmt.Sprintf("%v %s of special values", mode, op.name), op.run(New(mode), in.clone()), want)
			}
		}
	}
}

func TestNothingAllocates(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	in := newInputs(r, 4, 24, 1)
	r1, tab := mat.Of(make([]float32, 4*2), 4, 2), table(4, 6)
	for _, u := range []Unit{New(arith.Default()), NewPortable(arith.Plain)} {
		if n := testing.AllocsPerRun(10, func() {
			u.Norm(in.m[0], in.m[1], in.m[2], eps)
			u.NormBackward(in.m[0], in.m[1], in.m[2], in.m[3], true)
			u.MixBackward(in.m[0], in.m[1], in.m[2], in.m[3], 1, 2, false)
			u.NormRotate(in.m[0], r1, tab, eps)
			u.NormRotateBackward(in.m[1], in.m[0], r1, tab)
			u.CapExp(in.row(0), in.row(1), 15)
			u.Adam(in.row(0), in.row(1), in.row(2), in.row(3), AdamRates{Eps: 1})
		}); n != 0 {
			t.Errorf("%+v: %v allocations", u, n)
		}
	}
}

func TestWrongShapesPanic(t *testing.T) {
	u, m := New(arith.Default()), func(r, c int) mat.Matrix { return mat.Of(make([]float32, r*c), r, c) }
	for what, f := range map[string]func(){
		"short row":      func() { u.Dot(make([]float32, 3), make([]float32, 2)) },
		"other shape":    func() { u.Blend(m(2, 3), 1, m(2, 3), 1, m(3, 2)) },
		"no room for r":  func() { u.Norm(m(2, 3), m(2, 3), m(1, 1), eps) },
		"part of a head": func() { u.NormRotate(m(2, 6), m(2, 2), table(2, 2), eps) },
		"short table":    func() { u.NormRotate(m(3, 4), m(3, 1), table(2, 2), eps) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", what)
				}
			}()
			f()
		}()
	}
}

func FuzzSameBits(f *testing.F) {
	needVector(f)
	f.Add(uint8(3), uint8(17), uint8(0), uint64(1))
	f.Add(uint8(1), uint8(8), uint8(255), uint64(2))
	f.Fuzz(func(t *testing.T, rows, cols, which uint8, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 1))
		op := operations[int(which)%len(operations)]
		in := newInputs(r, 1+int(rows)%6, 1+int(cols), math.Exp(8*r.NormFloat64()))
		for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
			compare(t, op.name, op.run(New(mode), in.clone()), op.run(NewPortable(mode), in.clone()))
		}
	})
}
