package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/task/command"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

func taskCommand() *cli.Command {
	return &cli.Command{
		Name:  "task",
		Usage: "describe your own training program, to be searched with evolve --task FILE",
		Subcommands: []*cli.Command{
			{
				Name: "init", Usage: "write a commented example of a task file", ArgsUsage: "[FILE]",
				Description: "Writes the example to FILE, task.yaml by default. A file that exists is left alone.",
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "template", Value: "example", Usage: "`NAME` of what to write: " + strings.Join(templates.Tasks(), ", ")},
				},
				Action: taskInitAction,
			},
			{
				Name: "check", Usage: "check a task file and try its program once", ArgsUsage: "FILE",
				Description: `Checks the file, copies its folder, shows what is run and which lines of the source are edited, and runs
the program once as a trial would. Exit code 4 when the trial gives no value.`,
				Flags: []cli.Flag{
					&cli.StringSliceFlag{Name: "set", Usage: "`NAME=VALUE` of a parameter, repeatable (default: the default point)"},
					&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "that the program is told, if the file says how"},
					&cli.BoolFlag{Name: "dry-run", Usage: "check the file and stop"},
				},
				Action: taskCheckAction,
			},
		},
		Action: groupAction,
	}
}

func taskInitAction(c *cli.Context) error {
	path := "task.yaml"
	switch c.NArg() {
	case 0:
	case 1:
		path = c.Args().First()
	default:
		return usage("task init takes one file, got %d", c.NArg())
	}
	text, err := templates.Task(c.String("template"))
	if err != nil {
		return usage("--template: %v", err)
	}
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return usage("%s exists already; name another file", path)
	}
	if err != nil {
		return fmt.Errorf("task init: %w", err)
	}
	_, err = io.WriteString(f, text)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("task init: %w", err)
	}
	_, err = fmt.Fprintf(c.App.Writer, "wrote %s; edit it, then: bilevel task check %s\n", path, path)
	return err
}

func taskCheckAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("task check takes one file, got %d; bilevel task init writes an example", c.NArg())
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	spec, err := task.ReadCommand(c.Args().First())
	if err != nil {
		return asUsage(err)
	}
	t, err := task.Open(ctx, spec)
	if err != nil {
		return asUsage(err)
	}
	p, err := parsePoint(t.Space(), c.StringSlice("set"))
	if err != nil {
		return asUsage(err)
	}
	if err := t.Check(p); err != nil {
		return asUsage(err)
	}
	w := c.App.Writer
	fmt.Fprintf(w, "%s: %d parameters, folder %s (content %.12s)\n", t.Space().Name, len(t.Space().Params), spec.Folder, task.Prepared(t, spec).Sources)
	if err := listParameters(w, t.Space()); err != nil {
		return err
	}
	if c.Bool("dry-run") {
		_, err := fmt.Fprintln(w, "the file is right; nothing was run")
		return err
	}
	return tryOnce(ctx, c, t, p)
}

// tryOnce runs the program and shows what a trial sees of it.
func tryOnce(ctx context.Context, c *cli.Context, t task.Task, p mechanisms.Point) error {
	o, _, err := task.TryCommand(ctx, t, p, c.Uint64("seed"))
	if ctx.Err() != nil {
		return cli.Exit("interrupted; the program was ended", exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("try the program: %w", err)
	}
	showOutcome(c.App.Writer, o, t.Space().Measure)
	if o.Status != mechanisms.Complete {
		return cli.Exit(fmt.Sprintf("the trial is %s, not complete: %s", o.Status, o.Reason), exitFindings)
	}
	return nil
}

func showOutcome(w io.Writer, o command.Outcome, m mechanisms.Measure) {
	for _, e := range o.Edits {
		fmt.Fprintf(w, "%s:%d\n  - %s\n  + %s\n", e.File, e.At, strings.TrimSpace(e.Old), strings.TrimSpace(e.New))
	}
	fmt.Fprintf(w, "ran %q for %.1f s; it printed %d bytes, at the end:\n", o.Args, o.Seconds, o.Bytes)
	for _, line := range o.Last {
		fmt.Fprintf(w, "  | %s\n", line)
	}
	if o.Status == mechanisms.Complete {
		fmt.Fprintf(w, "%s %v (%s is better)\n", m, o.Value, m.Better())
	}
	for i, c := range o.Curve {
		if i == 0 {
			fmt.Fprint(w, "learning curve:")
		}
		fmt.Fprintf(w, " %.0f %% %.4g", 100*c.Fraction, m.Own(c.BPB))
	}
	if len(o.Curve) > 0 {
		fmt.Fprintln(w)
	}
}
