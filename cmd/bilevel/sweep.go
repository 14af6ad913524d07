package main

import (
	"fmt"
	"io"
	"math"
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func sweepCommand() *cli.Command {
	return &cli.Command{
		Name:  "sweep",
		Usage: "measure what each parameter of a task does, beside the noise of its seeds",
		Description: `Trains the default point and, for each parameter, a lower and a higher value (other labels of a choice), every
point with several seeds, and prints a Markdown table: the effect of each value, the noise of the seeds, and how many
times the noise the larger effect is. A task whose parameters do not stand out from its noise is not worth a search.
Trials are remembered: an interrupted sweep goes on where it was.

Examples:
   bilevel sweep                       the default task, about half an hour on two cores
   bilevel sweep --size tiny --seeds 5
   bilevel sweep --text books --params MATRIX_LR,TOTAL_BATCH_SIZE`,
		Flags: append(taskFlags(),
			&cli.IntFlag{Name: "seeds", Value: 3, Usage: "`SEEDS` of every point, from 1 on"},
			&cli.IntFlag{Name: "parallel", Value: 1, Usage: "trials in training at a time"},
			&cli.Float64Flag{Name: "step", Value: 0.25, Usage: "`SHARE` of a parameter's range (of its logarithm where effects follow ratios) to move by"},
			&cli.StringSliceFlag{Name: "params", Usage: "only these `NAMES`"},
		),
		Action: sweepAction,
	}
}

func sweepAction(c *cli.Context) error {
	if c.NArg() > 0 || c.Int("seeds") < 2 || c.Int("parallel") < 1 || !(c.Float64("step") > 0 && c.Float64("step") <= 1) {
		return usage("sweep takes no arguments, at least 2 --seeds, at least 1 --parallel, and a --step above 0 and up to 1")
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	spec, err := taskSpec(c)
	if err != nil {
		return err
	}
	t, err := openTask(ctx, c, spec)
	if err != nil {
		return err
	}
	probes, err := plan(t, c.Float64("step"), c.StringSlice("params"))
	if err != nil {
		return err
	}
	if err := measure(ctx, c, t, spec, probes, 1); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return cli.Exit("interrupted; the same command goes on", exitInterrupted)
	}
	return sweepTable(c.App.Writer, t, spec, probes, c.Int("seeds"))
}

// plan is the default point and the neighbours of it that can be trained.
func plan(t task.Task, step float64, only []string) ([]*probe, error) {
	space := t.Space()
	for _, name := range only {
		if space.Index(name) < 0 {
			return nil, usage("--params: no parameter %q%s", name, meant(name, space.Names(), ""))
		}
	}
	probes := []*probe{{param: -1, point: space.Default()}}
	for i, q := range space.Params {
		if len(only) > 0 && !slices.Contains(only, q.Name) {
			continue
		}
		for _, v := range neighbours(q, step) {
			if p := space.Default().With(i, v); t.Check(p) == nil {
				probes = append(probes, &probe{param: i, value: v, point: p})
			}
		}
	}
	return probes, nil
}

// neighbours are a lower and a higher value than the default, or two other labels.
func neighbours(q mechanisms.Param, step float64) []float64 {
	var values []float64
	if q.Kind == mechanisms.Choice {
		for v := q.Min; v <= q.Max && len(values) < 2; v++ {
			if v != q.Default {
				values = append(values, v)
			}
		}
		return values
	}
	for _, dir := range []int{-1, +1} {
		if v := q.Move(q.Default, dir, step); v != q.Default {
			values = append(values, v)
		}
	}
	return values
}

// sweepTable prints what was measured. Seeds are paired: the effect of a value is the mean over seeds of the difference to
// the default with the same seed, and its noise is the standard deviation of that difference over the seeds.
func sweepTable(w io.Writer, t task.Task, spec task.Spec, probes []*probe, seeds int) error {
	base := probes[0]
	if math.IsNaN(stats.Mean(base.bpb)) {
		return fmt.Errorf("sweep: the default point: %s; nothing can be measured against it", base.fault)
	}
	noise := stats.Spread(base.bpb)
	fmt.Fprintf(w, "%s\n\nDefault point: %.4f bits per byte, standard deviation over %d seeds %.4f.\n\n", t.Describe(), stats.Mean(base.bpb), seeds, noise)
	fmt.Fprintln(w, "| parameter | default | value | effect | value | effect | largest / noise | shape |")
	fmt.Fprintln(w, "|---|--:|--:|--:|--:|--:|--:|---|")
	stand := 0
	for i, q := range t.Space().Params {
		var cells []string
		var effects []float64
		largest := 0.0
		for _, p := range probes {
			if p.param != i {
				continue
			}
			d := differences(p.bpb, base.bpb)
			effect := stats.Mean(d)
			text := p.fault
			if !math.IsNaN(effect) {
				text = fmt.Sprintf("%+.4f ± %.4f", effect, stats.Spread(d))
				largest = max(largest, math.Abs(effect))
			}
			cells, effects = append(cells, q.Format(p.value), text), append(effects, effect)
		}
		if len(cells) == 0 {
			continue
		}
		for len(cells) < 4 {
			cells = append(cells, "", "")
		}
		if largest > 3*noise {
			stand++
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %.1f | %s |\n", q.Name, q.Format(q.Default), cells[0], cells[1], cells[2], cells[3], largest/noise, form(q, effects))
	}
	_, err := fmt.Fprintf(w, "\n%d parameters move the value by more than three standard deviations of the seeds.\n", stand)
	return err
}

// form says whether the value goes one way through the default, or which way it bends.
func form(q mechanisms.Param, effects []float64) string {
	switch {
	case q.Kind == mechanisms.Choice:
		return "labels"
	case len(effects) < 2:
		return "at an end"
	case math.IsNaN(effects[0] + effects[1]):
		return "fails on one side"
	case effects[0] < 0 && effects[1] < 0:
		return "worst at the default"
	case effects[0] < 0:
		return "lower is better"
	case effects[1] < 0:
		return "higher is better"
	}
	return "best at the default"
}

func differences(a, b []float64) []float64 {
	d := make([]float64, len(a))
	for i := range a {
		d[i] = a[i] - b[i]
	}
	return d
}
