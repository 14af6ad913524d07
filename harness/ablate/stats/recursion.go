package stats

import (
	"math"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/stat/distuv"
)

// A walk is where the statistic of a comparison is that no look has ended yet. After a share t of the information the score is
// B(t), a Brownian motion with drift; Z = B/sqrt(t). The walk holds the density of B over the values between the bounds of the last
// look, on Gauss-Legendre nodes, and carries it from look to look (Armitage, McPherson and Rowe, JRSS A 132, 1969; Jennison
// and Turnbull, Group Sequential Methods, 2000, chapter 19).
type walk struct {
	drift   float64 // mean of B(1), which is that of Z at the end
	at      float64 // share of the information at the last look, 0 before the first
	nodes   []float64
	density []float64 // at the nodes, times the node's weight
}

// far is where the density of Z counts as none: beyond it lie 1e-23 of it.
const far = 10.0

func newWalk(drift float64) *walk {
	return &walk{drift: drift, nodes: []float64{0}, density: []float64{1}}
}

// above is the chance to get to a look at t with Z at z or more.
func (w *walk) above(t, z float64) float64 {
	sd, sum := math.Sqrt(t-w.at), 0.0
	for i, b := range w.nodes {
		sum += w.density[i] * distuv.UnitNormal.CDF((b+w.drift*(t-w.at)-z*math.Sqrt(t))/sd)
	}
	return sum
}

// below is the chance to get to a look at t with Z at z or less.
func (w *walk) below(t, z float64) float64 {
	sd, sum := math.Sqrt(t-w.at), 0.0
	for i, b := range w.nodes {
		sum += w.density[i] * distuv.UnitNormal.CDF((z*math.Sqrt(t)-b-w.drift*(t-w.at))/sd)
	}
	return sum
}

// step goes on past the look at t with Z between low and high.
func (w *walk) step(t, low, high float64) {
	root, sd := math.Sqrt(t), math.Sqrt(t-w.at)
	low = max(low, w.drift*root-far)
	high = min(high, w.drift*root+far)
	if high <= low {
		w.at, w.nodes, w.density = t, nil, nil
		return
	}
	from, to := low*root, high*root
	// The density bends within the standard deviation of the step that made it: some nodes for each of them are enough, since
	// Gauss-Legendre converges faster than any power for a smooth function.
	n := 48 + int(6*(to-from)/sd)
	nodes, weights := make([]float64, n), make([]float64, n)
	quad.Legendre{}.FixedLocations(nodes, weights, from, to)
	density := make([]float64, n)
	for j, x := range nodes {
		for i, b := range w.nodes {
			z := (x - b - w.drift*(t-w.at)) / sd
			density[j] += w.density[i] * math.Exp(-z*z/2)
		}
		density[j] *= weights[j] / (sd * math.Sqrt(2*math.Pi))
	}
	w.at, w.nodes, w.density = t, nodes, density
}

// root finds where f, which falls (or rises) through zero once between low and high, does so.
func root(low, high float64, f func(float64) float64) float64 {
	falls := f(low) > 0
	for range 45 { // halves 20 to 6e-13
		mid := (low + high) / 2
		if (f(mid) > 0) == falls {
			low = mid
		} else {
			high = mid
		}
	}
	return (low + high) / 2
}
