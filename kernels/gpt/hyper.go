package gpt

import (
	"math"
	"strings"
)

// Hyper holds the 15 hyperparameters of a trial under the names and with the meaning of karpathy/autoresearch's
// train.py. There is no useful zero value.
type Hyper struct {
	// Depth is L, the number of layers, at least 1.
	Depth int
	// AspectRatio sets the width: C is Depth*AspectRatio rounded up to a multiple of HeadDim. At least 1.
	AspectRatio int
	// HeadDim is HS, the channels of one attention head; even, 2 to 4096.
	HeadDim int
	// WindowPattern is repeated over the layers: S attends to the last T/2 positions and its own, L to all before it.
	// The last layer is always L. Letters S and L only, at least one.
	WindowPattern string
	// TotalBatch is the number of tokens of an optimizer step, a multiple of DeviceBatch*T.
	TotalBatch int
	// DeviceBatch is B, the sequences of one micro-batch, at least 1. Gradients accumulate over
	// TotalBatch/(DeviceBatch*T) micro-batches, so it changes memory and rounding, nothing else.
	DeviceBatch int
	// EmbeddingLR is the AdamW rate of token and value embeddings, before the factor (C/768)^-0.5. At least 0.
	EmbeddingLR float64
	// UnembeddingLR is the AdamW rate of the head, before the factor (C/768)^-0.5. At least 0.
	UnembeddingLR float64
	// MatrixLR is the Muon rate of the layers' matrices, before the factor sqrt(max(1, rows/cols)). At least 0.
	MatrixLR float64
	// ScalarLR is the AdamW rate of the x0 lambdas; residual lambdas use a hundredth of it. At least 0.
	ScalarLR float64
	// WeightDecay is Muon's cautious decay at the start; it falls linearly to 0 with progress. At least 0.
	WeightDecay float64
	// AdamBeta1 and AdamBeta2 are AdamW's decay rates of the first and second moment, in [0,1). The x0 lambdas keep
	// (0.96, 0.95).
	AdamBeta1, AdamBeta2 float64
	// WarmupRatio is the share of the budget over which rates rise linearly from 0, in [0,1].
	WarmupRatio float64
	// WarmdownRatio is the share of the budget over which rates fall linearly to FinalLRFrac, in [0,1].
	WarmdownRatio float64
	// FinalLRFrac is the share of the rates that is left at the end of the budget, in [0,1].
	FinalLRFrac float64
}

// check reports the first value that no data and no budget could make sense of.
func (h Hyper) check() error {
	ints := []struct {
		name     string
		got, min int
	}{
		{"DEPTH", h.Depth, 1}, {"ASPECT_RATIO", h.AspectRatio, 1}, {"HEAD_DIM", h.HeadDim, 2},
		{"TOTAL_BATCH_SIZE", h.TotalBatch, 1}, {"DEVICE_BATCH_SIZE", h.DeviceBatch, 1},
	}
	for _, v := range ints {
		if v.got < v.min || v.got > math.MaxInt32 {
			return constraint("%s is %d, want at least %d and less than 2^31", v.name, v.got, v.min)
		}
	}
	if h.HeadDim%2 != 0 || h.HeadDim > 4096 {
		return constraint("HEAD_DIM is %d, want an even number up to 4096: rotary embeddings turn pairs of channels", h.HeadDim)
	}
	if h.WindowPattern == "" || strings.Trim(h.WindowPattern, "SL") != "" {
		return constraint("WINDOW_PATTERN is %q, want one or more letters S or L", h.WindowPattern)
	}
	floats := []struct {
		name     string
		got, max float64
	}{
		{"EMBEDDING_LR", h.EmbeddingLR, math.MaxFloat32}, {"UNEMBEDDING_LR", h.UnembeddingLR, math.MaxFloat32},
		{"MATRIX_LR", h.MatrixLR, math.MaxFloat32}, {"SCALAR_LR", h.ScalarLR, math.MaxFloat32},
		{"WEIGHT_DECAY", h.WeightDecay, math.MaxFloat32},
		{"WARMUP_RATIO", h.WarmupRatio, 1}, {"WARMDOWN_RATIO", h.WarmdownRatio, 1}, {"FINAL_LR_FRAC", h.FinalLRFrac, 1},
	}
	for _, v := range floats {
		if !(v.got >= 0 && v.got <= v.max) {
			return constraint("%s is %v, want a number from 0 to %v", v.name, v.got, v.max)
		}
	}
	for _, v := range []struct {
		name string
		got  float64
	}{{"ADAM_BETAS (first)", h.AdamBeta1}, {"ADAM_BETAS (second)", h.AdamBeta2}} {
		if !(v.got >= 0 && v.got < 1) {
			return constraint("%s is %v, want at least 0 and less than 1", v.name, v.got)
		}
	}
	return nil
}
