package gp

import (
	"errors"
	"math"

	"gonum.org/v1/gonum/mat"
)

// A process is a Gaussian process of mean 0 and variance 1 fitted to values at points.
type process struct {
	x      [][]float64
	scale  float64       // length scale of the kernel, in units of the encoding
	lower  *mat.TriDense // L of K = L Lᵀ
	weight mat.VecDense  // K⁻¹ y
}

// The grid of hyperparameters that the marginal likelihood chooses from. One length for all coordinates: thirty trials do
// not tell thirteen apart. The noise is a variance, in units of the values'.
var (
	lengths = []float64{0.3, 0.5, 0.8, 1.3, 2, 3.5}
	noises  = []float64{1e-4, 1e-2, 1e-1}
)

// fit returns the process of the highest marginal likelihood.
func fit(x [][]float64, y []float64) (*process, error) {
	var best *process
	highest := math.Inf(-1)
	for _, length := range lengths {
		for _, noise := range noises {
			p, likelihood, ok := condition(x, y, length, noise)
			if ok && likelihood > highest {
				best, highest = p, likelihood
			}
		}
	}
	if best == nil {
		return nil, errors.New("no covariance of the grid is positive definite; the trials hold a NaN or coincide")
	}
	return best, nil
}

// condition fits one setting and returns the logarithm of its marginal likelihood (Rasmussen and Williams 2006, equation 2.30).
func condition(x [][]float64, y []float64, length, noise float64) (*process, float64, bool) {
	n := len(y)
	k := mat.NewSymDense(n, nil)
	for i := range n {
		for j := range i + 1 {
			k.SetSym(i, j, matern(distance(x[i], x[j])/length))
		}
		k.SetSym(i, i, 1+noise)
	}
	p := &process{x: x, scale: length, lower: mat.NewTriDense(n, mat.Lower, nil)}
	var chol mat.Cholesky
	if !chol.Factorize(k) {
		return nil, 0, false
	}
	values := mat.NewVecDense(n, y)
	if err := chol.SolveVecTo(&p.weight, values); err != nil {
		return nil, 0, false
	}
	chol.LTo(p.lower)
	return p, -0.5*mat.Dot(values, &p.weight) - 0.5*chol.LogDet() - 0.5*float64(n)*math.Log(2*math.Pi), true
}

// predict returns mean and standard deviation of the function, without noise, at a point. The variance is 1 - |L⁻¹k|², solved
// row by row here because this is asked of hundreds of candidates at every proposal.
func (p *process) predict(at []float64) (mean, deviation float64) {
	solved, known := make([]float64, len(p.x)), 0.0
	raw := p.lower.RawTriangular()
	for i := range p.x {
		k := matern(distance(p.x[i], at) / p.scale)
		mean += k * p.weight.AtVec(i)
		row := raw.Data[i*raw.Stride : i*raw.Stride+i+1]
		for j := range i {
			k -= row[j] * solved[j]
		}
		solved[i] = k / row[i]
		known += solved[i] * solved[i]
	}
	return mean, math.Sqrt(math.Max(0, 1-known))
}

// matern is the Matérn kernel with ν = 5/2.
func matern(d float64) float64 {
	d *= math.Sqrt(5)
	return (1 + d + d*d/3) * math.Exp(-d)
}

func distance(a, b []float64) float64 {
	sum := 0.0
	for i := range a {
		sum += (a[i] - b[i]) * (a[i] - b[i])
	}
	return math.Sqrt(sum)
}
