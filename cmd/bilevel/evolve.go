package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
)

func evolveCommand() *cli.Command {
	return &cli.Command{
		Name:  "evolve",
		Usage: "search hyperparameters while a model rewrites the search; or continue a run",
		Description: `Trains a baseline and then trials, one change after another. Every few trials level 1.5 steers, and
level 2 has the model write a new search mechanism, which is vetted, compiled into a fresh runner
binary and takes the search over. Everything is recorded in the run directory: a run that was
interrupted or killed goes on with the same command and --dir.

Examples:
   bilevel evolve                                   the default: GPT trials on the CPU, about five minutes
   bilevel evolve --trials 60 --seed 2              a longer run with another seed
   bilevel evolve --dir runs/1                      continue a run
   DEEPSEEK_API_KEY=... bilevel evolve              with a language model
   bilevel evolve --base-url http://localhost:8000/v1 --model qwen
   bilevel evolve --text ~/books --budget 30s       your own text, wall-clock trials
   bilevel evolve --task surface                    no training: a synthetic landscape, in seconds
   bilevel evolve --task mine.yaml                  your own program; bilevel task init writes an example`,
		Flags: append(append(append(runFlags(), taskFlags()...), modelFlags()...),
			&cli.BoolFlag{Name: "json", Usage: "print events as JSON, one a line, and nothing else"},
			&cli.BoolFlag{Name: "dry-run", Usage: "say what would be done, check it, and stop"},
		),
		Action: evolveAction,
	}
}

func runFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "dir", Usage: "run `DIRECTORY`; one that holds a run is continued (default: a new one below runs/)"},
		&cli.IntFlag{Name: "trials", Value: 30, Usage: "trials after the baseline; more than before extends a run"},
		&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "of everything that is drawn"},
		&cli.StringFlag{Name: "mechanism", Value: "greedy", Usage: "search `MECHANISM` to begin with; bilevel mechanism list names them"},
		&cli.IntFlag{Name: "parallel", Value: 1, Usage: "trials in training at a time"},
		&cli.IntFlag{Name: "steer-every", Value: 5, Usage: "trials between two passes of level 1.5; 0 turns it off"},
		&cli.IntFlag{Name: "invent-every", Value: 10, Usage: "trials between two passes of level 2, which is left out when fewer than 3 trials are left; 0 turns it off"},
		&cli.IntFlag{Name: "anchor-every", Value: anchorEvery, Usage: "trials between two times that the default point or the incumbent is trained again, to measure the noise of trials that are not deterministic; 0 turns it off"},
		&cli.BoolFlag{Name: "require-sandbox", Usage: "refuse to begin where the kernel lacks a part of what contains a runner; bilevel doctor shows the parts"},
		memoryFlag(),
		&cli.BoolFlag{Name: "no-memory", Usage: "be told nothing of earlier runs, and teach later ones nothing"},
		&cli.DurationFlag{Name: "trial-limit", Usage: "wall-clock limit of one trial; 0 for none"},
	}
}

// evolveAction runs the command: plan and check it, open the record, make the parts, run, and tell what came of it.
func evolveAction(c *cli.Context) error {
	ctx, stop := interruptible(c.Context)
	defer stop()
	j, err := planJob(ctx, c)
	if err != nil {
		return err
	}
	if j.itself, err = containing(ctx, c.Bool("require-sandbox")); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return j.describe(c)
	}
	st, err := j.open(c)
	if err != nil {
		return err
	}
	defer st.Close()
	began := time.Now()
	run, done, err := j.run(ctx, c, st)
	if err != nil {
		return err
	}
	defer done()
	tell, closeScreen := watcher(c, st)
	run.Tell = tell
	tell(evolve.Event{Kind: evolve.EventContained, At: time.Now(), Text: j.held.String()})
	if text := j.given(); text != "" {
		tell(evolve.Event{Kind: evolve.EventMemory, At: time.Now(), Text: text})
	}
	err = run.Go(ctx)
	var forgot error // the run is done all the same
	if err == nil {
		forgot = learn(ctx, c, run, tell)
	}
	closeScreen()
	if errors.Is(err, evolve.ErrStopped) {
		return cli.Exit(fmt.Sprintf("interrupted; nothing is lost: continue with bilevel evolve --dir %s", st.Dir()), exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("run %s: %w; what is recorded is kept: continue with bilevel evolve --dir %s", st.Dir(), err, st.Dir())
	}
	if !c.Bool("json") {
		if err := summary(c.App.Writer, st, time.Since(began)); err != nil {
			return err
		}
	}
	if forgot != nil {
		return fmt.Errorf("run %s is done and kept, but what it taught was not: %w", st.Dir(), forgot)
	}
	return nil
}

// describe is --dry-run: what would be done.
func (j *job) describe(c *cli.Context) error {
	verb := "would make"
	if j.resumed {
		verb = "would continue"
	}
	m := j.meta
	w := c.App.Writer
	fmt.Fprintf(w, "%s run %s: baseline and %d trials, seed %d, %d at a time\n", verb, j.dir, m.Trials, m.Seed, m.Parallel)
	fmt.Fprintf(w, "task       %s\n", firstLine(j.task.Describe()))
	fmt.Fprintf(w, "space      %s, %d parameters\n", m.Space.Name, len(m.Space.Params))
	for _, p := range m.Space.Params {
		fmt.Fprintf(w, "           %-18s %-12s %s\n", p.Name, p.Format(p.Default), p.Range())
	}
	fmt.Fprintf(w, "model      %s\n", m.Model)
	fmt.Fprintf(w, "mechanism  %s to begin with; level 1.5 every %d trials, level 2 every %d (0 is never)\n", m.Mechanism, j.settings.SteerEvery, j.settings.InventEvery)
	fmt.Fprintf(w, "memory     %s\n", cmp.Or(j.given(), "no lesson of an earlier run that fits this one, or turned off"))
	fmt.Fprintf(w, "noise      %s\n", j.noise())
	fmt.Fprintf(w, "runners    %s\n", j.held)
	_, err := fmt.Fprintln(w, "nothing was made or trained")
	return err
}
