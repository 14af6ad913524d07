// The original command writes three optimizer steps of a small model as JSON, for check.py to repeat with the classes of
// karpathy/autoresearch's train.py itself:
//
//	go run ./kernels/kerneltest/original > steps.json
//	python3 kernels/kerneltest/original/check.py train.py steps.json
//
// train.py is that of commit 228791f; python3 needs torch, 1.13 or later, and no GPU.
package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// steps is what check.py reads.
type steps struct {
	Hyper          gpt.Hyper
	Plan           gpt.Plan
	Rows           [][]int32         // a micro-batch for each step
	Nats           []float64         // per target, for each step
	Scalars        []gpt.StepScalars // for each step
	Before, After  map[string][]float32
	FirstGradients map[string][]float32
}

func main() {
	if err := write(); err != nil {
		fmt.Fprintln(os.Stderr, "original:", err)
		os.Exit(1)
	}
}

func write() error {
	h := kerneltest.Hyper(4, 10, 20, "SSSL") // 40 channels, more than the gates read
	h.DeviceBatch, h.TotalBatch = 3, 3*24
	p, err := gpt.NewPlan(h, 24, 50)
	if err != nil {
		return err
	}
	m := gpt.NewModel(p, h, make([]int, p.V))
	d, err := cpu.New(arith.Default(), cpu.Config{}).Open(m)
	if err != nil {
		return err
	}
	defer d.Close()
	out := steps{Hyper: h, Plan: p, Before: map[string][]float32{}, After: map[string][]float32{}, FirstGradients: map[string][]float32{}}
	rng := rand.New(rand.NewPCG(1, 2))
	for i, w := range m.Weights {
		x := make([]float64, w.Rows*w.Cols)
		kerneltest.Randomise(rng, w, x)
		for _, v := range x {
			out.Before[w.Name] = append(out.Before[w.Name], float32(v))
		}
		if err := d.Write(gpt.W(i), out.Before[w.Name]); err != nil {
			return err
		}
	}
	for step := int64(1); step <= 3; step++ {
		if err := out.step(d, m, kerneltest.Rows(rng, p), step); err != nil {
			return err
		}
	}
	if err := readAll(out.After, m, d.Read); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(out)
}

// step runs one optimizer step and notes what went in and came out.
func (out *steps) step(d gpt.Machine, m gpt.Model, rows []int32, step int64) error {
	if err := d.Accumulate(rows); err != nil {
		return err
	}
	if step == 1 {
		if err := readAll(out.FirstGradients, m, d.ReadGradient); err != nil {
			return err
		}
	}
	s := gpt.StepScalars{Step: step, Rate: 1 - 0.2*float64(step), Momentum: 0.85 + 0.02*float64(step), Decay: 0.2}
	losses, err := d.Update(s)
	if err != nil {
		return err
	}
	out.Rows, out.Scalars = append(out.Rows, rows), append(out.Scalars, s)
	out.Nats = append(out.Nats, losses.Nats/float64(losses.Predicted))
	return nil
}

func readAll(to map[string][]float32, m gpt.Model, read func(gpt.W, []float32) error) error {
	for i, w := range m.Weights {
		to[w.Name] = make([]float32, w.Rows*w.Cols)
		if err := read(gpt.W(i), to[w.Name]); err != nil {
			return err
		}
	}
	return nil
}
