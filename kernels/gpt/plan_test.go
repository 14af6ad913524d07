package gpt_test

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// published is the default point of train.py.
func published() gpt.Hyper {
	h := kerneltest.Hyper(8, 64, 128, "SSSL")
	h.TotalBatch, h.DeviceBatch = 1<<19, 128
	return h
}

func TestPlanOfThePublishedPoint(t *testing.T) {
	p, err := gpt.NewPlan(published(), 2048, 8192)
	if err != nil {
		t.Fatal(err)
	}
	if p.C != 512 || p.NH != 4 || p.Micro != 2 || p.Tokens() != 1<<19 {
		t.Errorf("C %d NH %d micro-batches %d tokens %d, want 512, 4, 2, %d", p.C, p.NH, p.Micro, p.Tokens(), 1<<19)
	}
	if want := []int{1024, 1024, 1024, 2048, 1024, 1024, 1024, 2048}; !slices.Equal(p.Windows, want) {
		t.Errorf("windows %v, want %v", p.Windows, want)
	}
	// Counted by hand: 8*12*512² matrices, 4*4*32 gates, (2+4)*8192*512 embeddings and head, 16 lambdas.
	if want := int64(8*12*512*512 + 4*4*32 + 6*8192*512 + 16); p.Parameters != want {
		t.Errorf("%d parameters, want %d", p.Parameters, want)
	}
	// The published run reports 50.3 M parameters.
	if m := float64(p.Parameters) / 1e6; math.Abs(m-50.3) > 0.05 {
		t.Errorf("%.2f M parameters, want the published 50.3 M", m)
	}
	if want := 6*float64(8*12*512*512+4*4*32+8192*512) + 12*512*(6*1024+2*2048.); p.FLOPsPerToken != want {
		t.Errorf("%v FLOPs a token, want %v", p.FLOPsPerToken, want)
	}
	// Per layer four square matrices and two of 4:1; per iteration 6*C³ and 18*C³; and the gates.
	iteration := 8*(4*6.+2*18.)*512*512*512 + 4*(4*32*16.+2*64)
	if want := 5 * iteration; p.OptimizerFLOPs != want {
		t.Errorf("%v optimizer FLOPs, want %v", p.OptimizerFLOPs, want)
	}
}

func TestWidthRoundsUpToWholeHeads(t *testing.T) {
	h := kerneltest.Hyper(3, 20, 32, "S")
	h.TotalBatch, h.DeviceBatch = 16, 1
	p, err := gpt.NewPlan(h, 16, 50)
	if err != nil {
		t.Fatal(err)
	}
	if p.C != 64 || p.NH != 2 {
		t.Errorf("DEPTH 3, ASPECT_RATIO 20 and HEAD_DIM 32 make C %d and NH %d, want 64 and 2", p.C, p.NH)
	}
	if want := []int{8, 8, 16}; !slices.Equal(p.Windows, want) {
		t.Errorf("windows %v, want %v: the last layer is long", p.Windows, want)
	}
}

func TestConstraintsNameWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		change func(*gpt.Hyper)
		says   []string
	}{
		{func(h *gpt.Hyper) { h.Depth = 0 }, []string{"DEPTH is 0"}},
		{func(h *gpt.Hyper) { h.HeadDim = 33 }, []string{"HEAD_DIM is 33", "even"}},
		{func(h *gpt.Hyper) { h.WindowPattern = "SXL" }, []string{"WINDOW_PATTERN", "SXL"}},
		{func(h *gpt.Hyper) { h.WindowPattern = "" }, []string{"WINDOW_PATTERN"}},
		{func(h *gpt.Hyper) { h.TotalBatch = 4096 + 64 }, []string{"TOTAL_BATCH_SIZE 4160", "DEVICE_BATCH_SIZE 16", "T 128", "2048", "6144"}},
		{func(h *gpt.Hyper) { h.EmbeddingLR = math.NaN() }, []string{"EMBEDDING_LR", "NaN"}},
		{func(h *gpt.Hyper) { h.MatrixLR = -1 }, []string{"MATRIX_LR", "-1"}},
		{func(h *gpt.Hyper) { h.AdamBeta2 = 1 }, []string{"ADAM_BETAS (second)", "less than 1"}},
		{func(h *gpt.Hyper) { h.WarmupRatio = 1.5 }, []string{"WARMUP_RATIO", "1.5"}},
	} {
		h := kerneltest.Hyper(2, 32, 32, "SL")
		h.TotalBatch, h.DeviceBatch = 4096, 16
		c.change(&h)
		_, err := gpt.NewPlan(h, 128, 256)
		if !errors.Is(err, gpt.ErrConstraint) {
			t.Errorf("plan of %+v gives error %v, want one that is ErrConstraint", h, err)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(err.Error(), s) {
				t.Errorf("error %q does not say %q", err, s)
			}
		}
	}
}

func TestBudgetsBecomeWholeSteps(t *testing.T) {
	p, err := gpt.NewPlan(published(), 2048, 8192)
	if err != nil {
		t.Fatal(err)
	}
	step := p.StepFLOPs()
	for _, c := range []struct {
		budget gpt.Budget
		want   int64
		ok     bool
	}{
		{gpt.Budget{Steps: 7}, 7, true},
		{gpt.Budget{Tokens: 1 << 20}, 2, true},
		{gpt.Budget{Tokens: 1<<20 + 1<<19 - 1}, 2, true},
		{gpt.Budget{Tokens: 1<<19 - 1}, 0, false},
		{gpt.Budget{FLOPs: 3.99 * step}, 3, true},
		{gpt.Budget{FLOPs: step}, 1, true},
		{gpt.Budget{FLOPs: 0.99 * step}, 0, false},
		{gpt.Budget{FLOPs: math.Inf(1)}, 0, false},
		{gpt.Budget{FLOPs: math.NaN()}, 0, false},
		{gpt.Budget{Wall: time.Second}, 0, true},
		{gpt.Budget{}, 0, false},
		{gpt.Budget{Steps: 1, Tokens: 1 << 20}, 0, false},
		{gpt.Budget{Steps: -1}, 0, false},
	} {
		got, err := c.budget.Resolve(p)
		if got != c.want || (err == nil) != c.ok || err != nil && !errors.Is(err, gpt.ErrConstraint) {
			t.Errorf("%+v makes %d steps and error %v, want %d and an error: %t", c.budget, got, err, c.want, !c.ok)
		}
	}
}
