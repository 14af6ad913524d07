package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// deviceFlag is --device.
func deviceFlag() cli.Flag {
	return &cli.StringFlag{Name: "device", Value: "cpu", Usage: "`DEVICE` to train on: cpu; cuda[:N], a GPU (counted from 0) with the best kernels it has; cuda-sm80[:N], the same without those for Hopper alone; auto, the first GPU where this build and machine have one, else cpu"}
}

// taskFlags say what is trained; evolve and train share them.
func taskFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "task", Value: task.KindGPT, Usage: "`KIND` of task: gpt; surface (a formula, nothing is trained); or a FILE.yaml that describes a program of your own (bilevel task init)"},
		&cli.StringFlag{Name: "size", Usage: "`SIZE` of the gpt task: " + sizeList()},
		&cli.StringSliceFlag{Name: "text", Usage: "file or folder of `TEXT` to train on, repeatable (default: the Go standard library's source)"},
		&cli.StringFlag{Name: "prepared", Usage: "`FOLDER` of text made by bilevel data prepare, in place of --text"},
		&cli.StringFlag{Name: "budget", Usage: "training of one trial: 1e12flops, 300k tokens, 500 steps or 5m (default: the size's; time makes trials differ between machines)"},
		&cli.Uint64Flag{Name: "data-seed", Usage: "orders the text, alike for all trials of a run"},
		&cli.IntFlag{Name: "eval-tokens", Usage: "`TOKENS` of held-out text to measure with, a multiple of the sequence length (default: the size's)"},
		deviceFlag(),
		&cli.IntFlag{Name: "threads", Usage: "threads of one trial; 0 for the cores divided among the trials at a time. Results do not depend on it"},
		&cli.StringFlag{Name: "surface", Usage: "`NAME` of the surface: " + strings.Join(task.SurfaceNames(), ", ")},
		&cli.Uint64Flag{Name: "surface-seed", Usage: "which surface of that family"},
	}
}

func sizeList() string {
	var words []string
	for _, s := range task.Sizes {
		words = append(words, fmt.Sprintf("%s (%s)", s.Name, s.Doc))
	}
	return strings.Join(words, ", ")
}

// taskSpec reads the task flags. Paths become absolute, so that a run can be continued from another folder.
func taskSpec(c *cli.Context) (task.Spec, error) {
	s := task.Spec{
		Kind: c.String("task"), Budget: c.String("budget"), Threads: c.Int("threads"),
	}
	switch s.Kind {
	case task.KindGPT:
		s.Size, s.DataSeed, s.EvalTokens, s.Device = c.String("size"), c.Uint64("data-seed"), c.Int("eval-tokens"), c.String("device")
		if s.Size == "" {
			s.Size = task.Sizes[0].Name
		}
		var err error
		for _, path := range c.StringSlice("text") {
			if path, err = filepath.Abs(path); err != nil {
				return s, fmt.Errorf("--text: %w", err)
			}
			s.Text = append(s.Text, path)
		}
		if path := c.String("prepared"); path != "" {
			if s.Prepared, err = filepath.Abs(path); err != nil {
				return s, fmt.Errorf("--prepared: %w", err)
			}
		}
	case task.KindSurface:
		s.Surface, s.SurfaceSeed = c.String("surface"), c.Uint64("surface-seed")
	default:
		return commandSpec(c)
	}
	if s.Threads < 0 || s.EvalTokens < 0 {
		return s, usage("--threads %d and --eval-tokens %d, want 0 or more", s.Threads, s.EvalTokens)
	}
	return s, nil
}

// ofOtherTasks are the flags that a task file takes the place of.
var ofOtherTasks = []string{"size", "text", "prepared", "budget", "data-seed", "eval-tokens", "device", "threads", "surface", "surface-seed"}

// commandSpec reads the task file that --task names.
func commandSpec(c *cli.Context) (task.Spec, error) {
	path := c.String("task")
	if !strings.ContainsAny(path, "./") {
		return task.Spec{}, usage("--task %q, want %s, %s or a FILE.yaml that describes a program of your own; bilevel task init writes an example", path, task.KindGPT, task.KindSurface)
	}
	for _, name := range ofOtherTasks {
		if c.IsSet(name) {
			return task.Spec{}, usage("--%s does not go with --task %s: the file says all about its program", name, path)
		}
	}
	s, err := task.ReadCommand(path)
	if err != nil {
		return s, asUsage(err)
	}
	return s, nil
}

// openTask opens a task and shows how the preparation of its text goes, the first time it is needed.
func openTask(ctx context.Context, c *cli.Context, spec task.Spec) (task.Task, error) {
	line := newOverwritten(c.App.ErrWriter)
	defer line.end()
	t, err := task.Open(ctx, spec, func(p task.Preparing) {
		line.say("preparing text: %s, %.1f of %.1f MB", p.Step, float64(p.Bytes)/1e6, float64(p.Total)/1e6)
	})
	if err != nil && ctx.Err() == nil {
		return nil, asUsage(err)
	}
	return t, err
}
