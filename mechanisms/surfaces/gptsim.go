package surfaces

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The scale of gptsim follows karpathy/autoresearch on one GPU: the default lies about 0.03 bits per byte above what long
// searches reach, and repeats of one configuration differ by a standard deviation of 0.001.
const (
	gap      = 0.03
	simNoise = 0.001
	floor    = 0.97 // bits per byte at the optimum
)

// simSpace is the space of the GPT task on a GPU with depth and aspect ratio locked, as the paper's ablation has it.
func simSpace() mechanisms.Space {
	return mechanisms.Space{
		Name: "gptsim",
		Params: []mechanisms.Param{
			{Name: "HEAD_DIM", Kind: mechanisms.Pow2, Min: 64, Max: 256, Default: 128},
			{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 5, Choices: []string{"SSSL", "SSLL", "SLSL", "LLLL", "SSSS", "LSSL"}},
			{Name: "TOTAL_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 1 << 16, Max: 1 << 21, Default: 1 << 19, Unit: "tokens"},
			{Name: "DEVICE_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 32, Max: 256, Default: 128, Unit: "sequences"},
			{Name: "EMBEDDING_LR", Kind: mechanisms.Float, Min: 0.01, Max: 2, Default: 0.6, Log: true},
			{Name: "UNEMBEDDING_LR", Kind: mechanisms.Float, Min: 5e-4, Max: 0.05, Default: 0.004, Log: true},
			{Name: "MATRIX_LR", Kind: mechanisms.Float, Min: 0.005, Max: 0.2, Default: 0.04, Log: true},
			{Name: "SCALAR_LR", Kind: mechanisms.Float, Min: 0.05, Max: 2, Default: 0.5, Log: true},
			{Name: "WEIGHT_DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
			{Name: "ADAM_BETA1", Kind: mechanisms.Float, Min: 0, Max: 0.99, Default: 0.8},
			{Name: "WARMUP_RATIO", Kind: mechanisms.Float, Min: 0, Max: 0.3, Default: 0},
			{Name: "WARMDOWN_RATIO", Kind: mechanisms.Float, Min: 0.1, Max: 0.8, Default: 0.5},
			{Name: "FINAL_LR_FRAC", Kind: mechanisms.Float, Min: 0, Max: 0.2, Default: 0},
		},
		Constraints: []mechanisms.Constraint{{Left: []string{"TOTAL_BATCH_SIZE"}, Right: []string{"DEVICE_BATCH_SIZE"}, Factor: 2048, Multiple: true,
			Why: "a step is a whole number of micro-batches of 2048 tokens a sequence"}},
	}
}

// Places in simSpace.
const (
	headDim, window, totalBatch, deviceBatch = 0, 1, 2, 3
	embeddingLR, matrixLR                    = 4, 6
)

// GPTSim draws which four parameters are decisive, in which direction their best values lie, and how much the others matter.
// The best matrix rate moves with the batch; memory and divergence set limits that only a trial shows.
func GPTSim(seed uint64) *Surface { return newSim("gptsim", seed, false) }

// Flat is GPTSim with the default as optimum.
func Flat(seed uint64) *Surface { return newSim("flat", seed, true) }

// A sim is the drawn shape: value = floor + label cost + sum of curvature × (distance from best)², in units of the ranges.
type sim struct {
	space     mechanisms.Space
	best      mechanisms.Point
	curvature []float64 // per parameter; 0 for the device batch, which is a matter of memory only
	labels    []float64 // what each window pattern costs; 0 for the best
	tie       float64   // movement of the best matrix rate per unit of the batch
	memory    float64   // largest device batch × head size that fits
	rates     float64   // largest sum of embedding and matrix rates above their best before training diverges
}

func newSim(name string, seed uint64, flat bool) *Surface {
	r := mechanisms.Stream(seed, 0, "surface "+name)
	s := sim{space: simSpace(), best: simSpace().Default(), curvature: make([]float64, 13), labels: make([]float64, 6)}
	weights := decisive(r)
	for i, q := range s.space.Params {
		u := q.Unit01(q.Default)
		shift := shift(r, u, weights[i] > 0)
		s.curvature[i] = (0.2 + 0.8*r.Float64()) * gap
		if weights[i] > 0 { // a decisive one costs its share of four fifths of the gap at the default
			moved := q.Unit01(q.FromUnit01(u+shift)) - u
			s.curvature[i] = 0.8 * gap * weights[i] / (moved * moved)
		}
		if !flat {
			s.best[i] = q.FromUnit01(u + shift)
		}
	}
	for k := range s.labels {
		s.labels[k] = gap * (0.02 + 0.3*r.Float64())
	}
	if !flat {
		s.best[window] = float64(r.IntN(len(s.labels)))
	}
	s.labels[int(s.best[window])], s.curvature[window], s.curvature[deviceBatch] = 0, 0, 0
	s.best[deviceBatch] = min(128, s.best[totalBatch]/2048) // the largest that divides the best batch
	s.tie = 0.3 * (r.Float64() - 0.2)
	s.memory = math.Exp2(float64(r.IntN(2))) * 128 * 256
	s.rates = max(0.4+0.2*r.Float64(), s.excess(s.space.Default())+0.1)
	return &Surface{Name: name, Space: s.space, Noise: simNoise, Optimum: s.best, seed: seed, value: s.value, fails: s.fails}
}

// decisive returns four parameters' shares of the effect, 0 for the others.
func decisive(r *rand.Rand) []float64 {
	weights, sum := make([]float64, 13), 0.0
	for left := 4; left > 0; {
		i := totalBatch + r.IntN(len(weights)-totalBatch)
		if w := 0.5 + r.Float64(); i != deviceBatch && weights[i] == 0 {
			weights[i], sum, left = w, sum+w, left-1
		}
	}
	for i := range weights {
		weights[i] /= sum
	}
	return weights
}

// shift draws how far the best value lies from u, in units of the range, on either side where there is room.
func shift(r *rand.Rand, u float64, far bool) float64 {
	d := 0.05 + 0.1*r.Float64()
	if far {
		d = 0.25 + 0.25*r.Float64()
	}
	if down := r.IntN(2) == 0; down && u-d >= 0 || u+d > 1 {
		return -d
	}
	return d
}

// off is the distance of a parameter from its best value, in units of its range.
func (s sim) off(p mechanisms.Point, i int) float64 {
	return s.space.Params[i].Unit01(p[i]) - s.space.Params[i].Unit01(s.best[i])
}

func (s sim) excess(p mechanisms.Point) float64 { return s.off(p, embeddingLR) + s.off(p, matrixLR) }

func (s sim) value(p mechanisms.Point) float64 {
	x := floor + s.labels[int(p[window])]
	for i := range p {
		d := s.off(p, i)
		if i == matrixLR {
			d -= s.tie * s.off(p, totalBatch)
		}
		x += s.curvature[i] * d * d
	}
	return x
}

func (s sim) fails(p mechanisms.Point) (mechanisms.Status, string) {
	switch {
	case p[deviceBatch]*p[headDim] > s.memory:
		return mechanisms.OutOfMem, fmt.Sprintf("DEVICE_BATCH_SIZE %g × HEAD_DIM %g needs more memory than there is", p[deviceBatch], p[headDim])
	case s.excess(p) > s.rates:
		return mechanisms.Diverged, "training loss above 100 nats per token"
	}
	return mechanisms.Complete, ""
}
