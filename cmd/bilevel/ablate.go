package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/evolve"
)

func ablateCommand() *cli.Command {
	return &cli.Command{
		Name:  "ablate",
		Usage: "compare search procedures on paired runs; or continue a comparison",
		Description: `Makes every arm's run on every unit (a task with a seed, and a profile of the simulated model) and says what
the pairs show and what they cannot. Arms are the groups A (level 1), B (1 and 1.5), C (1, 1.5 and 2) and D
(1 and 2); the controls R (the history cleared when level 2 would act, no new code) and P (hand-overs that
change nothing: its runs must equal A's in every bit, or the exit code is 4); the systems single, batches and
memory; and any mechanism by its name. All runs of a unit share the default, the proposer's stream, the budget,
and what a language model answers for as long as they ask the same. Final incumbents and the default are measured
again with fresh seeds.

By default nothing is trained: the tasks are formulas and the model is simulated, also where a key is set.
What is finished is recorded: an ablation that was interrupted or killed goes on with the same command and
--dir. bilevel report DIR makes a page of it.

Examples:
   bilevel ablate                                   all arms on 24 formulas, 4 seeds, 3 profiles
   bilevel ablate --arms A,C,R,tabu --pairs 16      fewer
   bilevel ablate --dir runs/7                      continue one
   bilevel ablate --task gpt --arms A,C,R,P,coordinate --seeds 1     small GPTs are trained on the CPU
   bilevel ablate --held-out                        what level 2 makes on some formulas, on others
   bilevel ablate --paper                           the paper's groups, 3 repeats of 30 trials, beside its table
   bilevel ablate --task gpt --size small --budget 5e11flops --budget 1e12flops --text ~/books --text ~/code
   DEEPSEEK_API_KEY=... bilevel ablate --task gpt --model deepseek-chat --sequential`,
		Flags:  ablateFlags(),
		Action: ablateAction,
	}
}

func ablateFlags() []cli.Flag {
	flags := []cli.Flag{
		&cli.StringFlag{Name: "dir", Usage: "`DIRECTORY` of the ablation; one that holds an ablation is continued (default: a new one below runs/)"},
		&cli.StringFlag{Name: "arms", Usage: "`ARMS` to compare, with commas: " + strings.Join(ablate.DefaultArms, ",") + ", or any of bilevel mechanism list (default: the named ones)"},
		&cli.StringFlag{Name: "task", Value: "surface", Usage: "`KIND` of tasks: surface (formulas, nothing is trained), gpt, or a FILE.yaml that describes a program of your own"},
		&cli.IntFlag{Name: "tasks", Value: 24, Usage: "how many formulas, of three families by turns"},
		&cli.IntFlag{Name: "seeds", Value: 4, Usage: "how many seeds every task is searched with"},
		&cli.IntFlag{Name: "pairs", Usage: "units of a profile in all: every task with the first seed, then with the second, until there are so many; 0 for every task with every seed"},
		&cli.StringFlag{Name: "profiles", Usage: "`HABITS` of the simulated model, with commas (default: rut,micro,unbiased on formulas, rut on tasks that are trained)"},
		&cli.StringSliceFlag{Name: "size", Usage: "`SIZE` of the gpt tasks, repeatable: " + sizeList() + " (default: tiny)"},
		&cli.StringSliceFlag{Name: "text", Usage: "file or folder of `TEXT`, each a gpt task of its own, repeatable (default: four parts of the Go standard library's source)"},
		&cli.StringSliceFlag{Name: "budget", Usage: "training of one trial, each a gpt task of its own, repeatable: 1e12flops, 300k tokens, 500 steps (default: the size's, and twice it)"},
		deviceFlag(),
		&cli.IntFlag{Name: "trials", Value: 30, Usage: "trials of a run after the baseline"},
		&cli.IntFlag{Name: "steer-every", Value: 5, Usage: "trials between two passes of level 1.5, in arms that have it"},
		&cli.IntFlag{Name: "invent-every", Value: 10, Usage: "trials between two passes of level 2, two placebos or two restarts, in arms that have them"},
		&cli.IntFlag{Name: "fresh", Value: 8, Usage: "seeds that final incumbents and the default are measured with again"},
		&cli.BoolFlag{Name: "sequential", Usage: "look at the named comparisons after 8, 16, 24, 32 and 48 units, and end those whose answer is clear"},
		&cli.BoolFlag{Name: "held-out", Usage: "have level 2 make mechanisms on some of the tasks, and judge each by itself on these and on the others, which it never saw"},
		&cli.IntFlag{Name: "made", Value: 12, Usage: "how many made mechanisms --held-out judges at most, one of each session of level 2"},
		&cli.BoolFlag{Name: "paper", Usage: "repeat the protocol of the paper on one task (a formula of 13 parameters, or --task gpt with one text) and print its table beside the published one"},
		&cli.IntFlag{Name: "parallel", Usage: "trials in training, or runs on formulas, at a time; 0 for the cores. Results do not depend on it"},
		&cli.DurationFlag{Name: "trial-limit", Usage: "wall-clock limit of one trial; 0 for none"},
		&cli.BoolFlag{Name: "require-sandbox", Usage: "refuse to begin where the kernel lacks a part of what contains a runner"},
		&cli.BoolFlag{Name: "json", Usage: "print the result as JSON and nothing else"},
		&cli.BoolFlag{Name: "dry-run", Usage: "say what would be run, check it, and stop"},
	}
	for _, f := range modelFlags() {
		switch f.Names()[0] {
		case "profile":
			continue
		case "model":
			f.(*cli.StringFlag).Usage = "`MODEL` to ask (default: simulated, also where a key is set)"
		case "max-tokens":
			f.(*cli.IntFlag).Usage = "`TOKENS` that all runs together may take of the model, both ways; 0 for no limit"
		case "max-cost":
			f.(*cli.Float64Flag).Usage = "US `DOLLARS` that all runs together may cost; 0 for no limit"
		}
		flags = append(flags, f)
	}
	return append(flags, &cli.StringFlag{Name: "profile", Value: "rut", Hidden: true}) // what the model's flags expect to find
}

// ablateAction plans, makes the runs, and says what they show.
func ablateAction(c *cli.Context) error {
	ctx, stop := interruptible(c.Context)
	defer stop()
	if c.NArg() > 0 {
		return usage("ablate takes no arguments, got %q; an ablation is named with --dir", c.Args().First())
	}
	a, err := planAblation(ctx, c)
	if err != nil {
		return err
	}
	if c.Bool("dry-run") {
		return a.describe(c)
	}
	collectLess()
	began := time.Now()
	parts, done, err := a.parts(ctx, c)
	if err != nil {
		return err
	}
	defer done()
	screen := newAblationScreen(c)
	parts.Tell = screen.tell
	var r ablate.Result
	if c.Bool("held-out") && !a.resumed {
		err = a.holdOut(ctx, c, parts)
	}
	if err == nil {
		r, err = ablate.Make(ctx, a.dir, a.plan, parts)
	}
	screen.close()
	if errors.Is(err, evolve.ErrStopped) && ctx.Err() != nil {
		return cli.Exit(fmt.Sprintf("interrupted; nothing is lost: continue with bilevel ablate --dir %s", a.dir), exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("ablation %s: %w; what is finished is kept: continue with bilevel ablate --dir %s", a.dir, err, a.dir)
	}
	if c.Bool("json") {
		e := json.NewEncoder(c.App.Writer)
		e.SetIndent("", " ")
		err = e.Encode(r)
	} else {
		err = ablationSummary(c.App.Writer, a, &r, time.Since(began))
	}
	if err != nil {
		return err
	}
	return placeboFault(r)
}

// placeboFault is an error where the placebo does not equal A: then no comparison of arms with hand-overs can be trusted.
func placeboFault(r ablate.Result) error {
	if r.Placebo == nil || len(r.Placebo.Unequal) == 0 {
		return nil
	}
	return cli.Exit(fmt.Sprintf("arm P does not equal arm A on %d of %d units: hand-overs change more than the mechanism, and no arm that has them can be trusted:\n  %s",
		len(r.Placebo.Unequal), r.Placebo.Pairs, strings.Join(r.Placebo.Unequal, "\n  ")), exitFindings)
}

// describe is --dry-run: what would be run.
func (a *ablation) describe(c *cli.Context) error {
	p, w := a.plan, c.App.Writer
	if c.Bool("held-out") && !a.resumed {
		return a.describeHeldOut(c)
	}
	verb := "would make"
	if a.resumed {
		verb = "would continue"
	}
	units, on := 0, map[int]bool{}
	for _, profile := range p.Profiles {
		pairs, null := p.Units(profile)
		for _, u := range append(pairs, null...) {
			units++
			on[u.Task] = true
		}
	}
	fmt.Fprintf(w, "%s ablation %s: %d arms on %d units, %d trials a run\n", verb, filepath.Clean(a.dir), len(p.Arms), units, p.Setting.Trials)
	for _, arm := range p.Arms {
		fmt.Fprintf(w, "arm   %-12s %s\n", arm.Name, arm.Doc)
	}
	for i, t := range p.Tasks {
		if on[i] {
			fmt.Fprintf(w, "task  %-24s %s\n", t.Name, t.Spec)
		}
	}
	fmt.Fprintf(w, "seeds %v\n", p.Seeds)
	if p.Setting.Simulated {
		fmt.Fprintf(w, "model %s, profiles %s\n", p.Setting.Model, strings.Join(p.Profiles, ", "))
	} else {
		fmt.Fprintf(w, "model %s\n", p.Setting.Model)
	}
	_, err := fmt.Fprintln(w, "nothing was made or trained")
	return err
}

// collectLess trades memory for time: hundreds of runs at once make views and events that live for an instant, and a fifth of
// the time went to collecting them. Above the limit, in bytes, Go collects as it must.
func collectLess() {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(2 << 30)
}
