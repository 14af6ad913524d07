package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"github.com/urfave/cli/v2"
	"gonum.org/v1/gonum/stat/distuv"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func confirmCommand() *cli.Command {
	return &cli.Command{
		Name:      "confirm",
		Usage:     "train the default and the best point of a run again, with seeds that the search never saw",
		ArgsUsage: "RUN",
		Description: `A search keeps what was best with the seed of its run, so a part of its gain is that seed's luck. This trains the
default point and the incumbent again, both with the same new seeds, and says how much of the gain is left: the mean
difference with a 95 % interval (Student's t over the pairs). Deterministic trials are remembered: an interrupted confirm
goes on where it was. The run's record is only read.

Examples:
   bilevel confirm runs/1
   bilevel confirm runs/1 --seeds 16 --json`,
		Flags: []cli.Flag{
			&cli.IntFlag{Name: "seeds", Value: 8, Usage: "new `SEEDS` of both points, at least 3"},
			&cli.IntFlag{Name: "parallel", Value: 1, Usage: "trials in training at a time"},
			&cli.BoolFlag{Name: "json", Usage: "print one JSON document"},
		},
		Action: confirmAction,
	}
}

// firstNew is the first of the seeds of confirm: no run is likely to have been given it.
const firstNew = 2_000_001

func confirmAction(c *cli.Context) error {
	if c.NArg() != 1 || c.Int("seeds") < 3 || c.Int("parallel") < 1 {
		return usage("confirm wants one run directory, at least 3 --seeds and at least 1 --parallel: bilevel confirm runs/1")
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	s, err := recorded(c.Args().First())
	if err != nil {
		return err
	}
	meta, trials, best := s.Meta(), s.Whole().Trials, s.View().Incumbent
	s.Close() // it was only read
	if best < 1 {
		return usage("run %s has kept no trial but the baseline: there is no gain to confirm", c.Args().First())
	}
	t, err := openTask(ctx, c, meta.Task)
	if err != nil {
		return err
	}
	both := []*probe{{point: trials[0].Point}, {point: trials[best].Point}}
	if err := measure(ctx, c, t, meta.Task, both, firstNew); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return cli.Exit("interrupted; the same command goes on", exitInterrupted)
	}
	for i, name := range []string{"the default point", fmt.Sprintf("the point of trial %d", best)} {
		if both[i].fault != "" {
			return cli.Exit(fmt.Sprintf("%s does not train with every new seed: %s", name, both[i].fault), exitFindings)
		}
	}
	f := confirmed(meta, trials[0].BPB, trials[best], both)
	if c.Bool("json") {
		return json.NewEncoder(c.App.Writer).Encode(f)
	}
	return f.print(c.App.Writer)
}

// A confirmation is what new seeds say of a run's gain, in bits per byte or what the task measures, with its own sign.
type confirmation struct {
	Measure   mechanisms.Measure `json:"measure"`
	Task      string             `json:"task"`      // its kind
	Model     string             `json:"model"`     // that proposed the incumbent
	Simulated bool               `json:"simulated"` // no language model took part in the search
	Trial     int                `json:"trial"`     // of the incumbent
	Seed      uint64             `json:"seed"`      // of the run
	Seeds     []uint64           `json:"seeds"`
	Default   []float64          `json:"default"` // by seed
	Best      []float64          `json:"best"`    // by seed
	Told      [2]float64         `json:"told"`    // default and incumbent as the run measured them
	Change    float64            `json:"change"`  // mean of best less default
	Interval  [2]float64         `json:"interval"`
}

func confirmed(meta store.Meta, baseline float64, best mechanisms.Trial, both []*probe) confirmation {
	m := meta.Space.Measure
	f := confirmation{Measure: m, Task: meta.Task.Kind, Model: meta.Model, Simulated: meta.Simulated, Trial: best.Seq, Seed: meta.Seed, Told: [2]float64{m.Own(baseline), m.Own(best.BPB)}}
	var d []float64
	for i := range both[0].bpb {
		f.Seeds = append(f.Seeds, firstNew+uint64(i))
		f.Default, f.Best = append(f.Default, m.Own(both[0].bpb[i])), append(f.Best, m.Own(both[1].bpb[i]))
		d = append(d, f.Best[i]-f.Default[i])
	}
	n := float64(len(d))
	f.Change = stats.Mean(d)
	half := distuv.StudentsT{Sigma: 1, Nu: n - 1}.Quantile(0.975) * stats.Spread(d) / math.Sqrt(n)
	f.Interval = [2]float64{f.Change - half, f.Change + half}
	return f
}

// holds reports whether the whole interval is on the better side of 0.
func (f confirmation) holds() bool {
	return f.Measure.Own(f.Interval[0]) < 0 && f.Measure.Own(f.Interval[1]) < 0
}

func (f confirmation) print(out io.Writer) error {
	n := len(f.Seeds)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %d new seeds\tmean\tdeviation\tin the run, seed %d\n", f.Measure, n, f.Seed)
	fmt.Fprintf(w, "default\t%.4f\t%.4f\t%.4f\n", stats.Mean(f.Default), stats.Spread(f.Default), f.Told[0])
	fmt.Fprintf(w, "trial %d\t%.4f\t%.4f\t%.4f\n", f.Trial, stats.Mean(f.Best), stats.Spread(f.Best), f.Told[1])
	fmt.Fprintf(w, "change\t%+.4f\t\t%+.4f\n", f.Change, f.Told[1]-f.Told[0])
	if err := w.Flush(); err != nil {
		return err
	}
	verdict := "The gain is not shown on new seeds"
	if f.holds() {
		verdict = "The gain is there on new seeds too"
	}
	text := fmt.Sprintf("\n%s: %+.4f (95 %% interval %+.4f to %+.4f), %s is better.\n", verdict, f.Change, f.Interval[0], f.Interval[1], f.Measure.Gain())
	if f.Task == task.KindSurface {
		text += "Nothing was trained: the task is a formula.\n"
	}
	if f.Simulated {
		text += "SIMULATED: no language model took part in the search.\n"
	}
	_, err := io.WriteString(out, text)
	return err
}
