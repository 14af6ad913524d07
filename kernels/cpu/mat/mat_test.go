package mat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
)

// reference computes the definition in the package comment, element by element.
func reference(mode arith.Mode, c, a, b Matrix, l Layout, e Epilogue) {
	k := a.Cols
	if l == TN {
		k = a.Rows
	}
	for i := range c.Rows {
		for j := range c.Cols {
			s := float32(0)
			if e.Add {
				s = c.V[i*c.Stride+j]
			}
			for q := range k {
				x, y := a.at(i, q, l == TN), b.at(q, j, l == NT)
				s = mode.Madd(x, y, s)
			}
			if e.Scale != 0 {
				s *= e.Scale
			}
			at := i*e.Aux.Stride + j
			switch e.Op {
			case Mix:
				s = mode.Madd(e.Beta, e.Aux.V[at], s)
			case ReLU2:
				if s < 0 {
					s = 0
				}
				e.Aux.V[at] = s
				s *= s
			case ReLU2Grad:
				s *= 2 * e.Aux.V[at]
			}
			c.V[i*c.Stride+j] = s
		}
	}
}

// at is element (i, j), or (j, i) of a transposed operand.
func (m Matrix) at(i, j int, transposed bool) float32 {
	if transposed {
		i, j = j, i
	}
	return m.V[i*m.Stride+j]
}

// random is a matrix in a slice of exactly its size, with guard values between the rows.
func random(r *rand.Rand, rows, cols, pad int) Matrix {
	m := Matrix{V: make([]float32, max(0, (rows-1)*(cols+pad)+cols)), Rows: rows, Cols: cols, Stride: cols + pad}
	for i := range m.V {
		m.V[i] = float32(r.NormFloat64())
	}
	return m
}

func (m Matrix) clone() Matrix {
	m.V = append([]float32(nil), m.V...)
	return m
}

// sameBits compares everything in the two slices, guards included; NaNs are equal to each other.
func sameBits(t *testing.T, what string, got, want []float32) {
	t.Helper()
	for i := range got {
		if math.Float32bits(got[i]) != math.Float32bits(want[i]) && (got[i] == got[i] || want[i] == want[i]) {
			t.Fatalf("%s: float %d is %x, want %x", what, i, got[i], want[i])
		}
	}
}

// units are all implementations that this processor can run, by name.
func units() map[string]*Unit {
	u := map[string]*Unit{"portable plain": NewPortable(arith.Plain), "portable fma": NewPortable(arith.FMA)}
	if arith.Vector {
		u["AVX2 plain"], u["AVX2 fma"] = newUnit(arith.Plain, true, false), newUnit(arith.FMA, true, false)
	}
	if arith.Wide {
		u["AVX-512 plain"], u["AVX-512 fma"] = newUnit(arith.Plain, true, true), newUnit(arith.FMA, true, true)
	}
	return u
}

// problem is one product with everything random.
type problem struct {
	c, a, b Matrix
	layout  Layout
	e       Epilogue
}

func newProblem(r *rand.Rand, m, n, k, pad int, l Layout, op Op, add bool, scale float32) problem {
	p := problem{layout: l, c: random(r, m, n, pad), a: random(r, m, k, pad), b: random(r, k, n, pad+1)}
	if l == NT {
		p.b = random(r, n, k, pad)
	}
	if l == TN {
		p.a = random(r, k, m, pad)
	}
	p.e = Epilogue{Add: add, Scale: scale, Op: op}
	if op != Store {
		p.e.Aux, p.e.Beta = random(r, m, n, 2*pad), float32(r.NormFloat64())
	}
	return p
}

// check runs the problem on a unit, directly and packed, and compares every bit with the definition.
func (p problem) check(t *testing.T, name string, u *Unit) {
	t.Helper()
	what := fmt.Sprintf("%s %v %d×%d k %d strides %d %d %d %+v", name, p.layout, p.c.Rows, p.c.Cols, max(p.b.Rows, p.b.Cols), p.c.Stride, p.a.Stride, p.b.Stride, p.e.Op)
	want, we := p.c.clone(), p.e
	we.Aux = p.e.Aux.clone()
	reference(u.mode, want, p.a, p.b, p.layout, we)
	for _, packed := range []bool{false, true} {
		got, ge := p.c.clone(), p.e
		ge.Aux = p.e.Aux.clone()
		if packed {
			k, n := p.b.Rows, p.b.Cols
			if p.layout == NT {
				k, n = n, k
			}
			u.MulPacked(got, p.a, p.layout == TN, u.Pack(make([]float32, PanelsLen(k, n)), p.b, p.layout == NT), ge)
		} else {
			u.Mul(got, p.a, p.b, p.layout, ge)
		}
		sameBits(t, fmt.Sprintf("%s packed %t C", what, packed), got.V, want.V)
		sameBits(t, fmt.Sprintf("%s packed %t Aux", what, packed), ge.Aux.V, we.Aux.V)
	}
}

func TestEveryEdgeShapeMatchesTheDefinition(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(1, 1))
		for m := 1; m <= 20; m++ {
			for n := 1; n <= 34; n += 1 + n/16 {
				k := 1 + r.IntN(21)
				p := newProblem(r, m, n, k, r.IntN(4), Layout(r.IntN(3)), Op(r.IntN(4)), r.IntN(2) == 0, []float32{0, 1, 0.37}[r.IntN(3)])
				p.check(t, name, u)
			}
		}
	}
}

func TestEveryLayoutAndEpilogueMatchesTheDefinition(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(2, 2))
		for _, s := range [][3]int{{7, 17, 5}, {64, 64, 64}, {97, 33, 129}} {
			for l := NN; l <= TN; l++ {
				for op := Store; op <= ReLU2Grad; op++ {
					newProblem(r, s[0], s[1], s[2], 3, l, op, op%2 == 0, 0.5).check(t, name, u)
					newProblem(r, s[0], s[1], s[2], 0, l, op, op%2 == 1, 0).check(t, name, u)
				}
			}
		}
	}
}

// Shapes beyond every block size, so that each loop over blocks runs more than once.
func TestBlocksDoNotChangeBits(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(3, 3))
		if !u.vector && u.mode == arith.FMA {
			continue // minutes of emulation; the edges above cover it
		}
		for l := NN; l <= TN; l++ {
			newProblem(r, blockM+7, blockN+19, blockK+3, 0, l, Mix, true, 0.25).check(t, name, u)
		}
	}
}

func TestRowAndColumnCutsDoNotChangeBits(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(4, 4))
		p := newProblem(r, 61, 83, 40, 2, NN, ReLU2, true, 0)
		want, we := p.c.clone(), p.e
		we.Aux = p.e.Aux.clone()
		u.Mul(want, p.a, p.b, NN, we)
		for range 20 {
			got, ge := p.c.clone(), p.e
			ge.Aux = p.e.Aux.clone()
			i, j := r.IntN(62), r.IntN(84) // a cut at an end leaves empty parts
			for _, w := range [][4]int{{0, i, 0, j}, {0, i, j, 83}, {i, 61, 0, j}, {i, 61, j, 83}} {
				e := ge
				e.Aux = ge.Aux.Slice(w[0], w[1], w[2], w[3])
				u.Mul(got.Slice(w[0], w[1], w[2], w[3]), p.a.Slice(w[0], w[1], 0, 40), p.b.Slice(0, 40, w[2], w[3]), NN, e)
			}
			sameBits(t, fmt.Sprintf("%s cut at row %d, column %d", name, i, j), got.V, want.V)
		}
	}
}

func TestGramMatchesTheFullProduct(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(5, 5))
		for _, n := range []int{1, 2, 7, 8, 15, 16, 17, 40, 64, 100} {
			a := random(r, n, 1+r.IntN(50), 1)
			for _, transposed := range []bool{false, true} {
				l, b := NT, a
				size := a.Rows
				if transposed {
					l, size = TN, a.Cols
				}
				aux := random(r, size, size, 0)
				for i := range size {
					for j := range i {
						aux.V[i*size+j] = aux.V[j*size+i]
					}
				}
				e := Epilogue{Scale: 0.3, Op: Mix, Beta: -1.5, Aux: aux}
				got, want := random(r, size, size, 5), Matrix{}
				want = got.clone()
				u.Gram(got, a, transposed, e)
				reference(u.mode, want, a, b, l, e)
				sameBits(t, fmt.Sprintf("%s Gram %d×%d transposed %t", name, a.Rows, a.Cols, transposed), got.V, want.V)
			}
		}
		big := random(r, blockN+30, 20, 0)
		if u.vector {
			got := random(r, big.Rows, big.Rows, 0)
			want := got.clone()
			u.Gram(got, big, false, Epilogue{})
			u.Mul(want, big, big, NT, Epilogue{})
			sameBits(t, name+" Gram of more than a block", got.V, want.V)
		}
	}
}

func TestSpecialValuesComeThrough(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for name, u := range units() {
		for _, v := range []float32{nan, inf, -inf, 1e-44, -1e-39, 3e38, float32(math.Copysign(0, -1))} {
			for op := Store; op <= ReLU2Grad; op++ {
				r := rand.New(rand.NewPCG(6, 6))
				p := newProblem(r, 7, 18, 9, 1, NN, op, false, 0)
				p.a.V[3*p.a.Stride+2], p.b.V[5], p.b.V[17] = v, v, v
				p.check(t, fmt.Sprintf("%s with %v", name, v), u)
			}
		}
	}
}

func TestProductIsCloseToFloat64(t *testing.T) {
	const m, n, k = 50, 40, 700
	for name, u := range units() {
		r := rand.New(rand.NewPCG(7, 7))
		p := newProblem(r, m, n, k, 0, NN, Store, false, 0)
		u.Mul(p.c, p.a, p.b, NN, Epilogue{})
		for i := range m {
			for j := range n {
				sum, size := 0.0, 0.0
				for q := range k {
					x := float64(p.a.V[i*k+q]) * float64(p.b.V[q*p.b.Stride+j])
					sum, size = sum+x, size+math.Abs(x)
				}
				// The bound of recursive summation: k roundings of at most 2^-24 of the sum of sizes each; in practice its root.
				if d := math.Abs(float64(p.c.V[i*n+j]) - sum); d > 4*math.Sqrt(k)*0x1p-24*size {
					t.Fatalf("%s: C[%d,%d] off by %g of %g", name, i, j, d, size)
				}
			}
		}
	}
}

func TestWrongShapesPanic(t *testing.T) {
	u := New(arith.Default())
	m := func(r, c int) Matrix { return Of(make([]float32, r*c), r, c) }
	for what, f := range map[string]func(){
		"K differs": func() { u.Mul(m(2, 3), m(2, 4), m(5, 3), NN, Epilogue{}) },
		"M differs": func() { u.Mul(m(3, 3), m(2, 4), m(4, 3), NN, Epilogue{}) },
		"N differs": func() { u.Mul(m(2, 2), m(2, 4), m(4, 3), NN, Epilogue{}) },
		"no Aux":    func() { u.Mul(m(2, 3), m(2, 4), m(4, 3), NN, Epilogue{Op: Mix}) },
		"short slice": func() {
			u.Mul(Matrix{V: make([]float32, 5), Rows: 2, Cols: 3, Stride: 3}, m(2, 4), m(4, 3), NN, Epilogue{})
		},
		"short buffer":   func() { u.Pack(make([]float32, 63), m(4, 3), false) },
		"Gram with ReLU": func() { u.Gram(m(2, 2), m(2, 4), false, Epilogue{Op: ReLU2, Aux: m(2, 2)}) },
		"not square":     func() { u.Gram(m(2, 3), m(2, 4), false, Epilogue{}) },
		"row range":      func() { m(2, 2).Slice(0, 3, 0, 1) },
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

func TestProductsDoNotAllocate(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(8, 8))
		p := newProblem(r, 30, 40, 20, 0, NT, ReLU2, true, 2)
		buf := make([]float32, PanelsLen(20, 40))
		if n := testing.AllocsPerRun(10, func() {
			u.Mul(p.c, p.a, p.b, NT, p.e)
			u.MulPacked(p.c, p.a, false, u.Pack(buf, p.b, true), p.e)
		}); n != 0 {
			t.Errorf("%s: %v allocations in a product", name, n)
		}
	}
}

func FuzzProduct(f *testing.F) {
	f.Add(uint8(3), uint8(5), uint8(7), uint8(1), uint8(0), uint64(1))
	f.Add(uint8(130), uint8(17), uint8(200), uint8(0), uint8(9), uint64(2))
	all := units()
	f.Fuzz(func(t *testing.T, m, n, k, pad, kind uint8, seed uint64) {
		r := rand.New(rand.NewPCG(seed, 9))
		p := newProblem(r, 1+int(m), 1+int(n)%70, 1+int(k), int(pad)%20, Layout(kind%3), Op(kind/3%4), kind&64 != 0, float32(kind>>7))
		for name, u := range all {
			if !u.vector && u.mode == arith.FMA && int(m)*int(k) > 2000 {
				continue
			}
			p.check(t, name, u)
		}
	})
}
