package gpt

import (
	"fmt"
	"math"
)

// A Role says what a weight is for, and so how it is trained.
type Role uint8

const (
	Embedding   Role = iota // V x C, gathered by token, AdamW
	Head                    // V x C, AdamW
	Matrix                  // rows x cols, outputs by inputs, Muon
	ResidLambda             // 1 x L, AdamW
	SkipLambda              // 1 x L, AdamW
)

// A Weight describes one trained array, row-major. Matrices map inputs to outputs as y = x * Wᵀ.
type Weight struct {
	// Name is unique in a model: wte, head, resid, skip, or a layer's "3.q", "3.k", "3.v", "3.o", "3.gate", "3.values",
	// "3.fc", "3.proj".
	Name       string
	Role       Role
	Rows, Cols int
	// LR is the rate before the step's multiplier, with all factors of width and shape applied.
	LR float64
	// Beta1 and Beta2 are AdamW's; Muon does not use them.
	Beta1, Beta2 float64
	// A weight begins as Fill, plus a normal number of standard deviation Std, plus a uniform one in [-Bound, Bound).
	Fill, Std, Bound float64
}

// A W names a weight by its place in Model.Weights. None stands for a weight that an operation does without.
type W int

// None is the absent weight.
const None W = -1

// PolarExpress holds the coefficients (a, b, c) of Muon's five iterations X <- aX + (bA + cA²)X with A = XXᵀ, for matrices
// wider than tall (Amsel et al. 2025, arXiv 2505.16932, algorithm 2 with the safety factor 1.02 of train.py).
var PolarExpress = [5][3]float64{
	{8.156554524902461, -22.48329292557795, 15.878769915207462},
	{4.042929935166739, -2.808917465908714, 0.5000178451051316},
	{3.8916678022926607, -2.772484153217685, 0.5060648178503393},
	{3.285753657755655, -2.3681294933425376, 0.46449024233003106},
	{2.3465413258596377, -1.7097828382687081, 0.42323551169305323},
}

const (
	// AdamEps is added to AdamW's root of the second moment.
	AdamEps = 1e-10
	// NorMuonBeta2 is the decay rate of Muon's second moment per row or column (NorMuon, arXiv 2510.05491).
	NorMuonBeta2 = 0.95
	// Softcap bounds the logits: Softcap * tanh(logit/Softcap).
	Softcap = 15
	// NormEps is added to the mean square in every RMSNorm: the float32 machine epsilon, as torch does by default.
	NormEps = 1.0 / (1 << 23)
	// RopeBase is the base of the rotary frequencies.
	RopeBase = 10000
)

// weights lists what a trial trains, in the order in which it is stored. Only the rates and betas depend on h; the rest
// is shape.
func (p Plan) weights(h Hyper) []Weight {
	width := 1 / math.Sqrt(float64(p.C)/768) // rates were tuned at 768 channels
	bound := math.Sqrt(3 / float64(p.C))     // uniform with variance 1/C
	list := []Weight{
		{Name: "wte", Role: Embedding, Rows: p.V, Cols: p.C, LR: h.EmbeddingLR * width, Std: 1},
		{Name: "head", Role: Head, Rows: p.V, Cols: p.C, LR: h.UnembeddingLR * width, Std: 0.001},
		{Name: "resid", Role: ResidLambda, Rows: 1, Cols: p.L, LR: h.ScalarLR * 0.01, Fill: 1},
		{Name: "skip", Role: SkipLambda, Rows: 1, Cols: p.L, LR: h.ScalarLR, Fill: 0.1},
	}
	for i := range p.L {
		muon := func(name string, rows, cols int, bound float64) {
			lr := h.MatrixLR * math.Sqrt(math.Max(1, float64(rows)/float64(cols)))
			list = append(list, Weight{Name: fmt.Sprintf("%d.%s", i, name), Role: Matrix, Rows: rows, Cols: cols, LR: lr, Bound: bound})
		}
		muon("q", p.C, p.C, bound)
		muon("k", p.C, p.C, bound)
		muon("v", p.C, p.C, bound)
		if p.HasValues(i) {
			muon("gate", p.NH, p.Gates, 0)
			list = append(list, Weight{Name: fmt.Sprintf("%d.values", i), Role: Embedding, Rows: p.V, Cols: p.C,
				LR: h.EmbeddingLR * width, Bound: bound})
		}
		muon("o", p.C, p.C, 0)
		muon("fc", 4*p.C, p.C, bound)
		muon("proj", p.C, 4*p.C, 0)
	}
	for i, w := range list {
		if w.Role != Matrix {
			list[i].Beta1, list[i].Beta2 = h.AdamBeta1, h.AdamBeta2
		}
		if w.Role == SkipLambda {
			list[i].Beta1, list[i].Beta2 = 0.96, 0.95
		}
	}
	return list
}
