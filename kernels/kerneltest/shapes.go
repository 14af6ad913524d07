package kerneltest

import (
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// Hyper returns the published hyperparameters with another model size, and a batch that the caller must set.
func Hyper(depth, aspect, headDim int, pattern string) gpt.Hyper {
	return gpt.Hyper{
		Depth: depth, AspectRatio: aspect, HeadDim: headDim, WindowPattern: pattern,
		EmbeddingLR: 0.6, UnembeddingLR: 0.004, MatrixLR: 0.04, ScalarLR: 0.5, WeightDecay: 0.2,
		AdamBeta1: 0.8, AdamBeta2: 0.95, WarmdownRatio: 0.5,
	}
}

// Randomise draws a weight so that no gradient vanishes: unlike initial weights, projections and gates are not zero.
func Randomise(rng *rand.Rand, w gpt.Weight, dst []float64) {
	scale := 1 / math.Sqrt(float64(w.Cols))
	switch w.Role {
	case gpt.Embedding:
		scale = 1
	case gpt.ResidLambda, gpt.SkipLambda:
		scale = 0.3
	}
	for i := range dst {
		// Rounded to float32, so that every backend begins with the same numbers.
		dst[i] = float64(float32(w.Fill + scale*rng.NormFloat64()))
	}
}

// Rows draws one micro-batch of tokens, with repeats so that embeddings gather more than one gradient.
func Rows(rng *rand.Rand, p gpt.Plan) []int32 {
	rows := make([]int32, p.B*(p.T+1))
	for i := range rows {
		rows[i] = int32(rng.IntN(1 + rng.IntN(p.V)))
	}
	return rows
}
