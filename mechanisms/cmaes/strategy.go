package cmaes

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// A Strategy is the (μ/μ_w, λ)-CMA-ES with the constants of Hansen's tutorial (arXiv 1604.00772, table 1, positive weights
// only), minimizing over R^n.
type Strategy struct {
	n, lambda  int
	mean       []float64
	sigma      float64
	c          *mat.SymDense // covariance
	ps, pc     []float64     // evolution paths
	generation int

	weights             []float64 // of the μ best, sum 1
	mueff               float64
	cs, ds, cc, c1, cmu float64
	chi                 float64   // expected length of a standard normal vector
	axes                mat.Dense // eigenvectors of c, in columns
	lengths             []float64 // square roots of its eigenvalues
}

// Lambda is the tutorial's population size for n dimensions.
func Lambda(n int) int { return 4 + int(3*math.Log(float64(n))) }

// NewStrategy starts at mean with standard deviation sigma in every direction.
func NewStrategy(mean []float64, sigma float64, lambda int) *Strategy {
	n := len(mean)
	s := &Strategy{n: n, lambda: lambda, mean: slices.Clone(mean), sigma: sigma, c: mat.NewSymDense(n, nil), ps: make([]float64, n), pc: make([]float64, n)}
	for i := range n {
		s.c.SetSym(i, i, 1)
	}
	sum, squares := 0.0, 0.0
	for i := range lambda / 2 {
		w := math.Log(float64(lambda+1)/2) - math.Log(float64(i+1))
		s.weights = append(s.weights, w)
		sum += w
	}
	for i := range s.weights {
		s.weights[i] /= sum
		squares += s.weights[i] * s.weights[i]
	}
	d := float64(n)
	s.mueff = 1 / squares
	s.cs = (s.mueff + 2) / (d + s.mueff + 5)
	s.ds = 1 + 2*math.Max(0, math.Sqrt((s.mueff-1)/(d+1))-1) + s.cs
	s.cc = (4 + s.mueff/d) / (d + 4 + 2*s.mueff/d)
	s.c1 = 2 / ((d+1.3)*(d+1.3) + s.mueff)
	s.cmu = math.Min(1-s.c1, 2*(1.0/4+s.mueff+1/s.mueff-2)/((d+2)*(d+2)+s.mueff))
	s.chi = math.Sqrt(d) * (1 - 1/(4*d) + 1/(21*d*d))
	s.decompose()
	return s
}

// Mean is where the next generation is centred.
func (s *Strategy) Mean() []float64 { return slices.Clone(s.mean) }

// Sigma is the overall step size.
func (s *Strategy) Sigma() float64 { return s.sigma }

// Ask draws one candidate of the generation.
func (s *Strategy) Ask(r *rand.Rand) []float64 {
	x, z := s.Mean(), make([]float64, s.n)
	for k := range z {
		z[k] = s.lengths[k] * r.NormFloat64()
	}
	for i := range x {
		for k := range z {
			x[i] += s.sigma * s.axes.At(i, k) * z[k]
		}
	}
	return x
}

// A Scored candidate has a value; lower is better. +Inf is the worst.
type Scored struct {
	X     []float64
	Value float64
}

// Tell ends a generation of λ candidates. Candidates need not be Ask's own: what was rounded, mended or suggested by
// somebody else is told as it was evaluated.
func (s *Strategy) Tell(scored []Scored) {
	if len(scored) != s.lambda {
		panic(fmt.Sprintf("cmaes: told %d candidates, want %d", len(scored), s.lambda))
	}
	ranked := slices.Clone(scored)
	slices.SortStableFunc(ranked, func(a, b Scored) int { return cmp.Compare(a.Value, b.Value) })
	steps := make([][]float64, len(s.weights)) // (x - mean) / sigma of the best
	shift := make([]float64, s.n)
	for k, w := range s.weights {
		steps[k] = make([]float64, s.n)
		for i := range shift {
			steps[k][i] = (ranked[k].X[i] - s.mean[i]) / s.sigma
			shift[i] += w * steps[k][i]
		}
	}
	white := s.whiten(shift)
	norm := 0.0
	for i := range shift {
		s.mean[i] += s.sigma * shift[i]
		s.ps[i] = (1-s.cs)*s.ps[i] + math.Sqrt(s.cs*(2-s.cs)*s.mueff)*white[i]
		norm += s.ps[i] * s.ps[i]
	}
	norm = math.Sqrt(norm)
	s.generation++
	stall := 0.0 // h_σ: the path is long only because the step size lags behind
	if norm/math.Sqrt(1-math.Pow(1-s.cs, 2*float64(s.generation))) < (1.4+2/float64(s.n+1))*s.chi {
		stall = 1
	}
	for i := range shift {
		s.pc[i] = (1-s.cc)*s.pc[i] + stall*math.Sqrt(s.cc*(2-s.cc)*s.mueff)*shift[i]
	}
	keep := 1 - s.c1 - s.cmu + (1-stall)*s.c1*s.cc*(2-s.cc)
	for i := range s.n {
		for j := range i + 1 {
			x := keep*s.c.At(i, j) + s.c1*s.pc[i]*s.pc[j]
			for k, w := range s.weights {
				x += s.cmu * w * steps[k][i] * steps[k][j]
			}
			s.c.SetSym(i, j, x)
		}
	}
	s.sigma *= math.Exp(min(1, s.cs/s.ds*(norm/s.chi-1)))
	s.decompose()
}

// decompose finds the axes of the distribution. Rounding can make a tiny eigenvalue negative; it is held at a tiny positive one.
func (s *Strategy) decompose() {
	var e mat.EigenSym
	if !e.Factorize(s.c, true) {
		panic("cmaes: the covariance has no eigendecomposition; it holds a NaN or an infinity")
	}
	e.VectorsTo(&s.axes)
	s.lengths = e.Values(nil)
	for k, x := range s.lengths {
		s.lengths[k] = math.Sqrt(math.Max(x, 1e-14*s.lengths[len(s.lengths)-1]))
	}
}

// whiten returns C^(-1/2) x.
func (s *Strategy) whiten(x []float64) []float64 {
	y := make([]float64, s.n)
	for k := range s.n {
		along := 0.0
		for i := range x {
			along += s.axes.At(i, k) * x[i]
		}
		for i := range y {
			y[i] += s.axes.At(i, k) * along / s.lengths[k]
		}
	}
	return y
}
