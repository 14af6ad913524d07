package surfaces

import (
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// StepLaw is the loss of a language model of N parameters on D tokens as a function of learning rate and batch size, with the
// optimum of the Step Law (Li et al. 2025, "Predictable Scale: Part I", arXiv 2503.04715):
//
//	η* = 1.79 · N^-0.713 · D^0.307        B* = 0.58 · D^0.571 tokens
//
// and a bowl around it that is convex in the logarithms. N, D, the steepness and how far off the default is are drawn.
func StepLaw(seed uint64) *Surface {
	r := mechanisms.Stream(seed, 0, "surface steplaw")
	n := math.Exp(math.Log(6e7) + r.Float64()*math.Log(1e9/6e7)) // parameters, as in the law's own grid
	d := n * math.Exp(math.Log(10)+r.Float64()*math.Log(10))     // tokens: 10 to 100 a parameter
	rate, batch := law(n, d)
	space := mechanisms.Space{Name: "steplaw", Params: []mechanisms.Param{
		{Name: "LEARNING_RATE", Kind: mechanisms.Float, Min: 1e-5, Max: 0.1, Log: true},
		{Name: "BATCH_SIZE", Kind: mechanisms.Pow2, Min: 1 << 14, Max: 1 << 23, Unit: "tokens"},
	}}
	// The default is 4 to 16 times off in both, either way, as a recipe taken from another scale is.
	off := func() float64 { return math.Exp2((2 + 2*r.Float64()) * float64(2*r.IntN(2)-1)) }
	space.Params[0].Default = space.Params[0].Clip(rate * off())
	space.Params[1].Default = space.Params[1].Clip(batch * off())
	width := 0.02 + 0.02*r.Float64()  // bits per byte for a factor e in the rate
	tilt := 0.6 * (r.Float64() - 0.5) // a larger batch wants another rate
	value := func(p mechanisms.Point) float64 {
		x, y := math.Log(p[0]/rate), math.Log(p[1]/batch)
		return 0.8 + width*(x-tilt*y)*(x-tilt*y) + 0.4*width*y*y
	}
	fails := func(p mechanisms.Point) (mechanisms.Status, string) {
		if limit := max(rate*12, space.Params[0].Default*1.5); p[0] > limit {
			return mechanisms.Diverged, "training loss became NaN"
		}
		return mechanisms.Complete, ""
	}
	// The law's batch lies between two powers of two: the better one, with the rate that is best for it, is the optimum.
	best := mechanisms.Point{rate, space.Params[1].Min}
	for k := range space.Params[1].Levels() {
		b := space.Params[1].Level(k)
		p := mechanisms.Point{space.Params[0].Clip(rate * math.Exp(tilt*math.Log(b/batch))), b}
		if k == 0 || value(p) < value(best) {
			best = p
		}
	}
	return &Surface{Name: "steplaw", Space: space, Noise: 0.001, Optimum: best, seed: seed, value: value, fails: fails}
}

// law returns the best learning rate and batch size in tokens for n parameters trained on d tokens.
func law(n, d float64) (rate, batch float64) {
	return 1.79 * math.Pow(n, -0.713) * math.Pow(d, 0.307), 0.58 * math.Pow(d, 0.571)
}
