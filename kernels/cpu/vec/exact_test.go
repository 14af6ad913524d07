package vec

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
)

// units are all implementations that this processor can run, by name.
func units() map[string]Unit {
	u := map[string]Unit{"portable plain": NewPortable(arith.Plain), "portable fma": NewPortable(arith.FMA)}
	if arith.Vector {
		u["vector plain"], u["vector fma"] = New(arith.Plain), New(arith.FMA)
	}
	return u
}

// ulps is how far got is from exact in units in the last place of the float32 nearest to exact.
func ulps(got float32, exact float64) float64 {
	size := math.Max(math.Abs(exact), 0x1p-126)
	return math.Abs(float64(got)-exact) / math.Ldexp(1, math.Ilogb(size)-23)
}

// worst goes over every stride-th float32 between low and high, both of one sign, by the block, and returns the greatest error of f
// against exact.
func worst(low, high float32, stride uint32, f func(x []float32), exact func(x float64) float64) (ulp float64, at float32) {
	const block = 1024
	x, y := make([]float32, 0, block), make([]float32, block)
	from, to := math.Float32bits(low), math.Float32bits(high)
	for b := from; ; b += stride {
		if b <= to {
			x = append(x, math.Float32frombits(b))
		}
		if len(x) == block || b > to {
			y = y[:copy(y, x)]
			f(y)
			for i, v := range x {
				if e := ulps(y[i], exact(float64(v))); e > ulp {
					ulp, at = e, v
				}
			}
			x, y = x[:0], y[:block]
		}
		if b > to {
			return ulp, at
		}
	}
}

// stride leaves out floats so that the test takes a second; plain Go emulates FMA slowly.
func stride(u Unit) uint32 {
	if !u.vector && u.mode == arith.FMA {
		return 20011
	}
	return 1009
}

func TestExponentialIsAccurateEverywhere(t *testing.T) {
	limit := map[arith.Mode]float64{arith.FMA: 1, arith.Plain: 2}
	for name, u := range units() {
		f := func(x []float32) { u.ExpSum(x, 0) }
		for _, span := range [][2]float32{{0, 88.72283}, {float32(math.Copysign(0, -1)), -87.33654}} {
			ulp, at := worst(span[0], span[1], stride(u), f, math.Exp)
			t.Logf("%s: exp is off by at most %.3f ulp between %v and %v, at %v", name, ulp, span[0], span[1], at)
			if ulp > limit[u.mode] {
				t.Errorf("%s: exp(%v) is off by %.3f ulp, want at most %v", name, at, ulp, limit[u.mode])
			}
		}
		edge := []float32{0, 88.72284, 1e30, float32(math.Inf(1)), -87.33655, -1e30, float32(math.Inf(-1))}
		inf := float32(math.Inf(1))
		f(edge)
		if want := []float32{1, inf, inf, inf, 0, 0, 0}; fmt.Sprint(edge) != fmt.Sprint(want) {
			t.Errorf("%s: exp at the edges is %v, want %v", name, edge, want)
		}
	}
}

func TestHyperbolicTangentIsAccurateEverywhere(t *testing.T) {
	for name, u := range units() {
		e := make([]float32, 1024)
		f := func(x []float32) { u.CapExp(x, e, 15) }
		for _, span := range [][2]float32{{0, math.MaxFloat32}, {float32(math.Copysign(0, -1)), -math.MaxFloat32}} {
			ulp, at := worst(span[0], span[1], 2*stride(u), f, math.Tanh)
			t.Logf("%s: tanh is off by at most %.3f ulp between %v and %v, at %v", name, ulp, span[0], span[1], at)
			if ulp > 5 {
				t.Errorf("%s: tanh(%v) is off by %.3f ulp, want at most 5", name, at, ulp)
			}
		}
		x := []float32{float32(math.Inf(1)), float32(math.Inf(-1)), 9.5, 8.9, -8.9, 8, 7.5, 7}
		f(x)
		for _, v := range x {
			if v > 1 || v < -1 {
				t.Errorf("%s: tanh beyond ±1: %v", name, x)
			}
		}
	}
}

// exact holds, for operations with sums or several roundings, the same in float64. It is given the inputs as float64, rows behind
// one another, and changes them in place.
var exact = map[string]func(m [4][]float64, rows, n int, in inputs) []float64{
	"Dot": func(m [4][]float64, _, n int, _ inputs) []float64 { return []float64{dot64(m[0][:n], m[1][:n])} },
	"Blend": func(m [4][]float64, _, _ int, in inputs) []float64 {
		for i := range m[0] {
			m[0][i] = float64(in.a)*m[1][i] + float64(in.b)*m[2][i]
		}
		return nil
	},
	"MixBackward": func(m [4][]float64, _, _ int, in inputs) []float64 {
		sums := []float64{dot64(m[0], m[2]), dot64(m[0], m[3])}
		for i, d := range m[0] {
			if in.flag {
				m[1][i] = 0
			}
			m[1][i] += float64(in.b) * d
			m[0][i] = float64(in.a) * d
		}
		return sums
	},
	"Norm": func(m [4][]float64, rows, n int, _ inputs) []float64 {
		for i := range rows {
			x := m[1][i*n:][:n]
			r := 1 / math.Sqrt(dot64(x, x)/float64(n)+eps)
			m[2][i*n] = r
			for j := range x {
				m[0][i*n+j] = r * x[j]
			}
		}
		return nil
	},
	"NormBackward": func(m [4][]float64, rows, n int, in inputs) []float64 {
		for i := range rows {
			dx, d, h, r := m[0][i*n:][:n], m[1][i*n:][:n], m[2][i*n:][:n], m[3][i*n]
			mean := dot64(d, h) / float64(n)
			for j := range dx {
				if in.flag {
					dx[j] = 0
				}
				dx[j] += r * (d[j] - h[j]*mean)
			}
		}
		return nil
	},
	"SoftmaxBackward": func(m [4][]float64, _, n int, in inputs) []float64 {
		for i := range n {
			m[0][i] = math.Exp(m[0][i] - float64(in.a))
			m[1][i] = m[0][i] * (m[1][i] - float64(in.b)) * float64(in.c)
		}
		return nil
	},
	"CapExp": func(m [4][]float64, _, n int, _ inputs) []float64 {
		sum := 0.0
		for i := range n {
			m[0][i] = math.Tanh(m[0][i])
			m[1][i] = math.Exp(15 * m[0][i])
			sum += m[1][i]
		}
		return []float64{sum}
	},
	"CapGradient": func(m [4][]float64, _, n int, in inputs) []float64 {
		for i := range n {
			m[0][i] = m[1][i] * float64(in.a) * (1 - m[0][i]*m[0][i])
		}
		return nil
	},
	"Gate": func(m [4][]float64, _, _ int, _ inputs) []float64 {
		for i, z := range m[0] {
			m[0][i] = 2 / (1 + math.Exp(-z))
		}
		return nil
	},
	"Nesterov": func(m [4][]float64, _, n int, in inputs) []float64 {
		mu := float64(in.a)
		for i := range n {
			m[1][i] = mu*m[1][i] + (1-mu)*m[0][i]
			m[0][i] = (1-mu)*m[0][i] + mu*m[1][i]
		}
		return nil
	},
	"Cautious": func(m [4][]float64, _, n int, in inputs) []float64 {
		for i := range n {
			p, g := m[0][i], m[1][i]
			m[0][i] -= float64(in.a) * g
			if p*g >= 0 {
				m[0][i] -= float64(in.b) * p
			}
		}
		return nil
	},
	"Adam": func(m [4][]float64, _, n int, in inputs) []float64 {
		a1, a2, size, root := float64(in.a), float64(in.b), float64(in.c), float64(1+in.d*in.d)
		for i := range n {
			g := m[1][i]
			m[2][i] += a1 * (g - m[2][i])
			m[3][i] *= m[3][i]
			m[3][i] += a2 * (g*g - m[3][i])
			m[0][i] -= size * m[2][i] / (math.Sqrt(m[3][i])*root + 1e-10)
		}
		return nil
	},
}

func dot64(x, y []float64) float64 {
	s := 0.0
	for i := range x {
		s += x[i] * y[i]
	}
	return s
}

func TestOperationsAreCloseToFloat64(t *testing.T) {
	for name, u := range units() {
		r := rand.New(rand.NewPCG(5, 5))
		for _, op := range operations {
			reference := exact[op.name]
			if reference == nil {
				continue // one rounding or two: the definition is in the comment, and the bits are compared elsewhere
			}
			for range 30 {
				rows, n := 1+r.IntN(4), 1+r.IntN(60)
				in := inputs{a: r.Float32(), b: r.Float32(), c: r.Float32(), d: r.Float32(), flag: r.IntN(2) == 0}
				var m [4][]float64
				for i := range in.m {
					in.m[i] = random(r, rows, n, 0, 1)
					for _, v := range in.m[i].V {
						m[i] = append(m[i], float64(v))
					}
				}
				got := op.run(u, in.clone())
				want := [][]float64{m[0], m[1], m[2], m[3], reference(m, rows, n, in)}
				for a := range want {
					for i, w := range want[a] {
						// Absolute below 1: differences of numbers of that size lose what they lose. Sums over up to 240 terms and
						// the exponential of 15·tanh, which multiplies an error by 15, set the factor.
						if d := math.Abs(float64(got[a][i]) - w); !(d <= 100*0x1p-24*math.Max(1, math.Abs(w))) {
							t.Fatalf("%s %s of %d×%d: array %d, float %d is %v, want %v", name, op.name, rows, n, a, i, got[a][i], w)
						}
					}
				}
			}
		}
	}
}

func TestRotationUndoesItself(t *testing.T) {
	const tokens, heads, half = 5, 2, 12
	for name, u := range units() {
		r := rand.New(rand.NewPCG(6, 6))
		tab := table(tokens, half)
		x := random(r, tokens, 2*half*heads, 0, 1)
		y, inverse := x, mat.Of(make([]float32, tokens*heads), tokens, heads)
		y.V = append([]float32(nil), x.V...)
		u.NormRotate(y, inverse, tab, eps)
		for i := range tokens {
			for n := range heads {
				head, turned := row(x, i)[2*n*half:][:2*half], row(y, i)[2*n*half:][:2*half]
				sum := 0.0
				for _, v := range head {
					sum += float64(v) * float64(v)
				}
				scale := 1 / math.Sqrt(sum/(2*half)+eps)
				for j := range half {
					s, c := math.Sincos(float64(i*half+j) * 0.37)
					a, b := scale*float64(head[j]), scale*float64(head[j+half])
					if d := math.Abs(float64(turned[j])-(a*c+b*s)) + math.Abs(float64(turned[j+half])-(b*c-a*s)); d > 1e-6 {
						t.Fatalf("%s: token %d, head %d, channel %d off by %g", name, i, n, j, d)
					}
				}
			}
		}
		// A gradient at right angles to y goes back to r times the gradient turned back; turn it forward again to compare.
		d := mat.Of(make([]float32, len(x.V)), tokens, 2*half*heads)
		for i := range d.V {
			if i/half%2 == 0 {
				d.V[i], d.V[i+half] = y.V[i+half], -y.V[i]
			}
		}
		want := append([]float32(nil), d.V...)
		u.NormRotateBackward(d, y, inverse, tab)
		for i := range tokens {
			for n := range heads {
				s := 1 / inverse.V[i*heads+n]
				for j := range half {
					at := i*d.Stride + 2*n*half + j
					c, sn := tab.Cos.V[i*half+j], tab.Sin.V[i*half+j]
					a, b := s*d.V[at], s*d.V[at+half]
					if e := math.Abs(float64(a*c+b*sn-want[at])) + math.Abs(float64(b*c-a*sn-want[at+half])); e > 5e-6 {
						t.Fatalf("%s: gradient of token %d, head %d, channel %d off by %g", name, i, n, j, e)
					}
				}
			}
		}
	}
}
