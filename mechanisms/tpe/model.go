package tpe

import (
	"math"
	"math/rand/v2"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A model is the density of one parameter's values: a mixture of normal windows on the unit scale, cut off at the range, or
// counts for a choice.
type model struct {
	q      mechanisms.Param
	counts []float64 // of a choice's labels, with the prior; nil for others
	means  []float64 // of the windows, ascending; one is the prior in the middle of the range
	widths []float64
	weight []float64 // sums to 1, divided by the share of the window that lies inside the range
	parts  []float64 // sums to 1: the chances of the windows when drawing
}

func newModel(q mechanisms.Param, values []float64) model {
	m := model{q: q}
	if q.Kind == mechanisms.Choice {
		m.counts = make([]float64, q.Levels())
		for k := range m.counts {
			m.counts[k] = prior / float64(len(m.counts))
		}
		for _, x := range values {
			m.counts[int(x)]++
		}
		return m
	}
	for _, x := range values {
		m.means = append(m.means, q.Unit01(x))
	}
	m.means = append(m.means, 0.5)
	slices.Sort(m.means)
	at := slices.Index(m.means, 0.5) // of the prior, or of a trial at the same place, which comes to the same
	for k := range m.means {
		// A window is as wide as the gap to the farther neighbour (Bergstra et al., section 4), the ends of the range
		// being neighbours too.
		left, right := 0.0, 1.0
		if k > 0 {
			left = m.means[k-1]
		}
		if k+1 < len(m.means) {
			right = m.means[k+1]
		}
		width, weight := min(max(max(m.means[k]-left, right-m.means[k]), floor(len(m.means))), 1), 1.0
		if k == at {
			width, weight = 1, prior
		}
		weight /= float64(len(values)) + prior
		inside := cdf((1-m.means[k])/width) - cdf(-m.means[k]/width)
		m.widths, m.parts, m.weight = append(m.widths, width), append(m.parts, weight), append(m.weight, weight/inside)
	}
	return m
}

// floor is the narrowest window of a mixture of n, as in the authors' program: it falls as trials come in, so that the late search is fine.
func floor(n int) float64 { return 1 / float64(min(100, 1+n)) }

// draw returns a value of the parameter.
func (m model) draw(r *rand.Rand) float64 {
	if m.counts != nil {
		return float64(choose(r, m.counts))
	}
	k := choose(r, m.parts)
	for range 100 {
		if u := m.means[k] + m.widths[k]*r.NormFloat64(); u >= 0 && u <= 1 {
			return m.q.FromUnit01(u)
		}
	}
	return m.q.FromUnit01(m.means[k])
}

// density is the mixture at a value: of a number with separate values, the probability between its half-way points.
func (m model) density(x float64) float64 {
	if m.counts != nil {
		return m.counts[int(x)]
	}
	u, half := m.q.Unit01(x), 0.0
	if n := m.q.Levels(); n > 1 {
		half = 0.5 / float64(n-1)
	}
	sum := 1e-12 // no density is zero: a ratio of two must be a number
	for k, mean := range m.means {
		if half > 0 {
			sum += m.weight[k] * (cdf((u+half-mean)/m.widths[k]) - cdf((u-half-mean)/m.widths[k]))
			continue
		}
		z := (u - mean) / m.widths[k]
		sum += m.weight[k] * math.Exp(-z*z/2) / (math.Sqrt(2*math.Pi) * m.widths[k])
	}
	return sum
}

// cdf is the standard normal distribution function.
func cdf(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }

// choose draws an index with chances in proportion to the weights.
func choose(r *rand.Rand, weights []float64) int {
	total := 0.0
	for _, w := range weights {
		total += w
	}
	x := r.Float64() * total
	for k, w := range weights {
		if x < w {
			return k
		}
		x -= w
	}
	return len(weights) - 1
}
