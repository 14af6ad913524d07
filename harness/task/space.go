package task

import (
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The names of the searched hyperparameters, those of karpathy/autoresearch's train.py. ADAM_BETAS is a pair there; a point has
// one value for each parameter, so the pair is two parameters here.
const (
	depth           = "DEPTH"
	aspectRatio     = "ASPECT_RATIO"
	headDim         = "HEAD_DIM"
	windowPattern   = "WINDOW_PATTERN"
	totalBatchSize  = "TOTAL_BATCH_SIZE"
	deviceBatchSize = "DEVICE_BATCH_SIZE"
	embeddingLR     = "EMBEDDING_LR"
	unembeddingLR   = "UNEMBEDDING_LR"
	matrixLR        = "MATRIX_LR"
	scalarLR        = "SCALAR_LR"
	weightDecay     = "WEIGHT_DECAY"
	adamBeta1       = "ADAM_BETA1"
	adamBeta2       = "ADAM_BETA2"
	warmupRatio     = "WARMUP_RATIO"
	warmdownRatio   = "WARMDOWN_RATIO"
	finalLRFrac     = "FINAL_LR_FRAC"
)

var windowPatterns = []string{"SSSL", "SSLL", "SLSL", "LLLL", "SSSS", "LSSL"}

// shape is the part of a space that depends on the size of the machine: default, least and most.
type shape struct {
	depth, aspectRatio, headDim [3]float64
	totalBatch                  [3]float64 // tokens
	deviceBatch                 [3]float64 // sequences
}

// gptSpace is the space of the GPT task: 15 hyperparameters in 16 dimensions. Defaults are those of train.py at 228791f, ranges
// those of ferreirafabio/autoresearch-automl, but for the shape. T is the number of tokens in a sequence.
func gptSpace(name string, T int, s shape) mechanisms.Space {
	return mechanisms.Space{
		Name: name,
		Params: []mechanisms.Param{
			whole(depth, mechanisms.Int, s.depth, "layers", "number of layers; the width grows with it"),
			whole(aspectRatio, mechanisms.Int, s.aspectRatio, "channels per layer", "model width is DEPTH × ASPECT_RATIO, rounded up to a multiple of HEAD_DIM"),
			whole(headDim, mechanisms.Pow2, s.headDim, "channels", "width of an attention head; heads = width / HEAD_DIM"),
			{Name: windowPattern, Kind: mechanisms.Choice, Max: float64(len(windowPatterns) - 1), Choices: windowPatterns,
				Doc: "attention window of each layer, repeated: S sees T/2 tokens, L all T; the last layer is always L"},
			whole(totalBatchSize, mechanisms.Pow2, s.totalBatch, "tokens per optimizer step", "fewer tokens a step buy more steps for the same budget"),
			whole(deviceBatchSize, mechanisms.Pow2, s.deviceBatch, "sequences", "sequences computed at a time; gradients accumulate to TOTAL_BATCH_SIZE; changes memory and speed, and the result only by rounding"),
			rate(embeddingLR, 0.6, 0.01, 2, "AdamW rate of token and value embeddings, × (width/768)^-0.5"),
			rate(unembeddingLR, 0.004, 5e-4, 0.05, "AdamW rate of the output head, × (width/768)^-0.5"),
			rate(matrixLR, 0.04, 0.005, 0.2, "Muon rate of the matrices, × sqrt(max(1, rows/columns))"),
			rate(scalarLR, 0.5, 0.05, 2, "AdamW rate of the residual and skip scalars"),
			share(weightDecay, 0.2, 0, 0.5, "Muon's cautious weight decay at the start; falls to 0 with progress"),
			share(adamBeta1, 0.8, 0, 0.99, "AdamW's decay rate of the first moment"),
			share(adamBeta2, 0.95, 0, 0.999, "AdamW's decay rate of the second moment"),
			share(warmupRatio, 0, 0, 0.3, "share of the budget over which rates rise from 0"),
			share(warmdownRatio, 0.5, 0.1, 0.8, "share of the budget over which rates fall at the end"),
			share(finalLRFrac, 0, 0, 0.2, "share of the rates that is left at the very end"),
		},
		Constraints: []mechanisms.Constraint{{
			Left: []string{totalBatchSize}, Right: []string{deviceBatchSize}, Factor: float64(T), Multiple: true,
			Why: "an optimizer step is a whole number of micro-batches of DEVICE_BATCH_SIZE sequences; lower DEVICE_BATCH_SIZE too, or raise TOTAL_BATCH_SIZE",
		}},
	}
}

func whole(name string, kind mechanisms.Kind, v [3]float64, unit, doc string) mechanisms.Param {
	return mechanisms.Param{Name: name, Kind: kind, Default: v[0], Min: v[1], Max: v[2], Unit: unit, Doc: doc}
}

func rate(name string, preset, least, most float64, doc string) mechanisms.Param {
	return mechanisms.Param{Name: name, Kind: mechanisms.Float, Default: preset, Min: least, Max: most, Log: true, Doc: doc}
}

func share(name string, preset, least, most float64, doc string) mechanisms.Param {
	return mechanisms.Param{Name: name, Kind: mechanisms.Float, Default: preset, Min: least, Max: most, Doc: doc}
}

// hyper is a point of a gptSpace as the trainer takes it.
func hyper(s mechanisms.Space, p mechanisms.Point) gpt.Hyper {
	v := func(name string) float64 { return p[s.Index(name)] }
	return gpt.Hyper{
		Depth: int(v(depth)), AspectRatio: int(v(aspectRatio)), HeadDim: int(v(headDim)),
		WindowPattern: windowPatterns[int(v(windowPattern))],
		TotalBatch:    int(v(totalBatchSize)), DeviceBatch: int(v(deviceBatchSize)),
		EmbeddingLR: v(embeddingLR), UnembeddingLR: v(unembeddingLR), MatrixLR: v(matrixLR), ScalarLR: v(scalarLR),
		WeightDecay: v(weightDecay), AdamBeta1: v(adamBeta1), AdamBeta2: v(adamBeta2),
		WarmupRatio: v(warmupRatio), WarmdownRatio: v(warmdownRatio), FinalLRFrac: v(finalLRFrac),
	}
}
