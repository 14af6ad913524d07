package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func trainCommand() *cli.Command {
	return &cli.Command{
		Name:  "train",
		Usage: "train one point and measure it",
		Description: `Trains the default point of a task, or the one that --set describes, in this process, and prints what it
measured. The same point with the same seed gives the same bits.

Examples:
   bilevel train                                            the default point
   bilevel train --set TOTAL_BATCH_SIZE=4096 --set MATRIX_LR=0.02
   bilevel train --size tiny --budget "20 steps" --json
   bilevel train --list                                     the parameters and their ranges`,
		Flags: append(taskFlags(),
			&cli.StringSliceFlag{Name: "set", Usage: "`NAME=VALUE` of a parameter, repeatable"},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of the initial weights"},
			&cli.BoolFlag{Name: "list", Usage: "list the parameters and stop"},
			&cli.BoolFlag{Name: "json", Usage: "print progress and result as JSON, one a line"},
		),
		Action: trainAction,
	}
}

func trainAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("train takes no arguments, got %q; a parameter is set with --set NAME=VALUE", c.Args().First())
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	spec, err := taskSpec(c)
	if err != nil {
		return err
	}
	show := trainScreen(c)
	t, err := task.Open(ctx, spec, show.preparing)
	if err != nil {
		return asUsage(err)
	}
	if c.Bool("list") {
		return listParameters(c.App.Writer, t.Space())
	}
	p, err := parsePoint(t.Space(), c.StringSlice("set"))
	if err != nil {
		return asUsage(err)
	}
	if err := t.Check(p); err != nil {
		return asUsage(err)
	}
	show.begin(t, p, c.Uint64("seed"))
	r, err := t.Train(ctx, p, c.Uint64("seed"), show.progress)
	show.end()
	if ctx.Err() != nil {
		return cli.Exit("interrupted; a single trial cannot be continued", exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("train: %w", err)
	}
	return show.result(r)
}

// parsePoint is the default point with some parameters set.
func parsePoint(s mechanisms.Space, sets []string) (mechanisms.Point, error) {
	p := s.Default()
	for _, set := range sets {
		name, value, ok := strings.Cut(set, "=")
		if !ok {
			return nil, fmt.Errorf("--set %q, want NAME=VALUE", set)
		}
		i := s.Index(strings.TrimSpace(name))
		if i < 0 {
			i = s.Index(strings.ToUpper(strings.TrimSpace(name)))
		}
		if i < 0 {
			return nil, fmt.Errorf("--set %s: no parameter %s%s", set, name, meant(name, s.Names(), ""))
		}
		v, err := s.Params[i].Parse(strings.TrimSpace(value))
		if err != nil {
			return nil, fmt.Errorf("--set %s: %w", set, err)
		}
		p[i] = v
	}
	return p, nil
}

func listParameters(w io.Writer, s mechanisms.Space) error {
	for _, p := range s.Params {
		text := fmt.Sprintf("%-18s %-8s %s\n", p.Name, p.Format(p.Default), rangeOf(p))
		if p.Doc != "" {
			text += fmt.Sprintf("%28s%s\n", "", p.Doc)
		}
		if _, err := io.WriteString(w, text); err != nil {
			return err
		}
	}
	return nil
}

func rangeOf(p mechanisms.Param) string {
	if p.Unit == "" {
		return p.Range()
	}
	return p.Range() + ", " + p.Unit
}

// A trainDisplay shows a trial: JSON lines, or a line that is written over and a summary.
type trainDisplay struct {
	out, notes io.Writer
	json       *json.Encoder // nil for people
	line       *overwritten
	space      mechanisms.Space
}

func trainScreen(c *cli.Context) *trainDisplay {
	d := &trainDisplay{out: c.App.Writer, notes: c.App.ErrWriter}
	if c.Bool("json") {
		d.json = json.NewEncoder(d.out)
	}
	d.line = newOverwritten(d.notes)
	return d
}

func (d *trainDisplay) preparing(p task.Preparing) {
	if d.json == nil {
		d.line.say("preparing text: %s, %.1f of %.1f MB", p.Step, float64(p.Bytes)/1e6, float64(p.Total)/1e6)
	}
}

func (d *trainDisplay) begin(t task.Task, p mechanisms.Point, seed uint64) {
	d.space = t.Space()
	if d.json != nil {
		d.emit(map[string]any{"event": "begin", "space": d.space.Name, "params": d.space.Names(), "point": p, "seed": seed, "content": t.Content(p, seed)})
		return
	}
	d.line.end()
	fmt.Fprintf(d.out, "%s\n\npoint: default with %s; seed %d\n", t.Describe(), d.space.Diff(d.space.Default(), p), seed)
}

func (d *trainDisplay) progress(p task.Progress) {
	if d.json != nil {
		d.emit(map[string]any{"event": "progress", "progress": p})
		return
	}
	if p.Curve != nil {
		d.line.end()
		fmt.Fprintf(d.out, "%5.1f %% of the budget: %.4f %s on the way\n", 100*p.Curve.Fraction, d.space.Measure.Own(p.Curve.BPB), d.space.Measure)
		return
	}
	if p.Steps == 0 {
		d.line.say("%.0f %%", 100*p.Fraction)
		return
	}
	d.line.say("step %d of %d, %.3f bits per byte on the training text, %.0f tokens/s", p.Step, p.Steps, p.TrainBPB, p.TokensPerSec)
}

func (d *trainDisplay) end() { d.line.end() }

func (d *trainDisplay) result(r task.Result) error {
	if d.json != nil {
		return d.json.Encode(map[string]any{"event": "result", "result": r})
	}
	m, where := d.space.Measure, ""
	if m == (mechanisms.Measure{}) {
		where = " on held-out text"
	}
	fmt.Fprintf(d.out, "%.6f %s%s (%s is better)\n", m.Own(r.BPB), m, where, m.Better())
	if r.FLOPs == 0 {
		return nil // nothing was trained
	}
	_, err := fmt.Fprintf(d.out, "%d steps, %d tokens, %.4g FLOPs, %d parameters, %.1f s, %.0f tokens/s with evaluation\n",
		r.Steps, r.Tokens, r.FLOPs, r.Params, r.Seconds, float64(r.Tokens)/max(r.Seconds, 1e-9))
	return err
}

// emit writes a line that the reader may do without.
func (d *trainDisplay) emit(v map[string]any) {
	if err := d.json.Encode(v); err != nil && !errors.Is(err, io.ErrClosedPipe) {
		fmt.Fprintf(d.notes, "bilevel: write progress: %v\n", err)
	}
}
