package task

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Size is a GPT task with everything but the text chosen.
type Size struct {
	Name       string
	Doc        string
	T          int    // tokens in a sequence
	Vocabulary int    // of the byte-pair encoder; 0 means bytes as tokens
	Budget     string // of a trial
	EvalTokens int    // of validation text, measured at the end of a trial
	CurveRows  int    // sequences of validation text, measured at each point of the learning curve
	Space      mechanisms.Space

	// Spread is the standard deviation of the default point in bits per byte over Seeds first weights, on the default text and
	// budget, as bilevel train --seed measures it; 0 where nobody has measured it.
	Spread float64
	Seeds  int
}

// Sizes are the GPT tasks, the default first. The batch of each begins too large, as in the paper, so that there is
// something to find.
var Sizes = []Size{
	{
		Name: "small", Doc: "about 9 s a trial on two cores", T: 128, Vocabulary: 2048, Budget: "1e12flops", EvalTokens: 64 << 10, CurveRows: 64, Spread: 0.018, Seeds: 16,
		Space: gptSpace("gpt-cpu-small", 128, shape{
			depth: [3]float64{2, 1, 4}, aspectRatio: [3]float64{32, 16, 64}, headDim: [3]float64{32, 16, 64},
			totalBatch: [3]float64{1 << 14, 1 << 9, 1 << 16}, deviceBatch: [3]float64{16, 4, 64},
		}),
	},
	{
		Name: "tiny", Doc: "under a second a trial, for tests and first tries", T: 64, Budget: "4e9flops", EvalTokens: 8 << 10, CurveRows: 8, Spread: 0.011, Seeds: 16,
		Space: gptSpace("gpt-cpu-tiny", 64, shape{
			depth: [3]float64{1, 1, 3}, aspectRatio: [3]float64{32, 16, 64}, headDim: [3]float64{16, 8, 32},
			totalBatch: [3]float64{1 << 10, 1 << 8, 1 << 12}, deviceBatch: [3]float64{8, 4, 16},
		}),
	},
	{
		Name: "medium", Doc: "about a minute a trial on two cores", T: 256, Vocabulary: 2048, Budget: "1e13flops", EvalTokens: 128 << 10, CurveRows: 64, Spread: 0.009, Seeds: 5,
		Space: gptSpace("gpt-cpu-medium", 256, shape{
			depth: [3]float64{4, 1, 8}, aspectRatio: [3]float64{32, 16, 64}, headDim: [3]float64{32, 16, 128},
			totalBatch: [3]float64{1 << 15, 1 << 10, 1 << 17}, deviceBatch: [3]float64{16, 4, 64},
		}),
	},
	{
		Name: "gpu", Doc: "karpathy/autoresearch's task: 5 minutes a trial on one GPU", T: 2048, Vocabulary: 8192, Budget: "5m", EvalTokens: 40 * 524288, CurveRows: 64,
		Space: gptSpace("gpt-gpu", 2048, shape{
			depth: [3]float64{8, 4, 24}, aspectRatio: [3]float64{64, 32, 128}, headDim: [3]float64{128, 64, 256},
			totalBatch: [3]float64{1 << 19, 1 << 16, 1 << 21}, deviceBatch: [3]float64{128, 32, 256},
		}),
	},
}

// chance says how far, where it was measured.
func (s Size) chance() string {
	if s.Spread == 0 {
		return ""
	}
	return fmt.Sprintf(" (the default, on Go's standard library and this size's own budget, with a standard deviation of %.2g bits per byte over %d seeds)", s.Spread, s.Seeds)
}

// FindSize returns the size of a name; the default for none.
func FindSize(name string) (Size, error) {
	if name == "" {
		return Sizes[0], nil
	}
	var names []string
	for _, s := range Sizes {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Size{}, fmt.Errorf("size %q, want one of %s", name, strings.Join(names, ", "))
}
