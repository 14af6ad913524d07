package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// taskFlags say what is trained; evolve and train share them.
func taskFlags() []cli.Flag {
	return []cli.Flag{
		&cli.StringFlag{Name: "task", Value: task.KindGPT, Usage: "`KIND` of task: gpt, or surface (a formula, nothing is trained)"},
		&cli.StringFlag{Name: "size", Usage: "`SIZE` of the gpt task: " + sizeList()},
		&cli.StringSliceFlag{Name: "text", Usage: "file or folder of `TEXT` to train on, repeatable (default: the Go standard library's source)"},
		&cli.StringFlag{Name: "prepared", Usage: "`FOLDER` of text made by bilevel data prepare, in place of --text"},
		&cli.StringFlag{Name: "budget", Usage: "training of one trial: 1e12flops, 300k tokens, 500 steps or 5m (default: the size's; time makes trials differ between machines)"},
		&cli.Uint64Flag{Name: "data-seed", Usage: "orders the text, alike for all trials of a run"},
		&cli.IntFlag{Name: "eval-tokens", Usage: "`TOKENS` of held-out text to measure with, a multiple of the sequence length (default: the size's)"},
		&cli.StringFlag{Name: "device", Value: "cpu", Usage: "`DEVICE` to train on"},
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
		return s, usage("--task %q, want %s or %s", s.Kind, task.KindGPT, task.KindSurface)
	}
	if s.Threads < 0 || s.EvalTokens < 0 {
		return s, usage("--threads %d and --eval-tokens %d, want 0 or more", s.Threads, s.EvalTokens)
	}
	return s, nil
}
