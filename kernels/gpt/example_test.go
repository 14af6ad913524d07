package gpt_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// A trial of 60 steps on one sentence, over and over. With the Plain arithmetic every processor prints the same.
func ExampleTrain() {
	text := strings.Repeat("the quick brown fox jumps over the lazy dog. ", 40)
	trial := gpt.Trial{
		Hyper: gpt.Hyper{
			Depth: 2, AspectRatio: 16, HeadDim: 16, WindowPattern: "SL", TotalBatch: 8 * 32, DeviceBatch: 8,
			EmbeddingLR: 0.6, UnembeddingLR: 0.004, MatrixLR: 0.04, ScalarLR: 0.5, WeightDecay: 0.2,
			AdamBeta1: 0.8, AdamBeta2: 0.95, WarmdownRatio: 0.5,
		},
		Data:   kerneltest.NewText(text, 32, 128),
		Budget: gpt.Budget{Steps: 60},
		Seed:   1,
		Progress: func(p gpt.Progress) (stop bool) {
			if p.Step%20 == 0 {
				fmt.Printf("step %d of %d: %.1f bits per byte of training text\n", p.Step, p.Steps, p.BitsPerByte)
			}
			return false
		},
	}
	r, err := gpt.Train(context.Background(), cpu.New(arith.Plain, cpu.Config{}), trial)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Printf("validation: %.2f bits per byte after %d tokens, %d parameters\n", r.BitsPerByte, r.Tokens, r.Parameters)
	// Output:
	// step 20 of 60: 1.7 bits per byte of training text
	// step 40 of 60: 0.4 bits per byte of training text
	// step 60 of 60: 0.1 bits per byte of training text
	// validation: 0.09 bits per byte after 15360 tokens, 36932 parameters
}
