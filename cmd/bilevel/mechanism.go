package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
)

func mechanismCommand() *cli.Command {
	asJSON := &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	run := &cli.StringFlag{Name: "run", Usage: "take the view, and the mechanism in charge, from the run in `DIRECTORY`"}
	against := &cli.StringFlag{Name: "against", Usage: "`NAME` of the mechanism it would replace (default: the one in charge of --run, or greedy)"}
	return &cli.Command{
		Name:  "mechanism",
		Usage: "list, vet, build and test search mechanisms",
		Description: `A mechanism is one Go file: see mechanisms/README.md for the contract. These verbs pass a file of yours
through the same gates as one that level 2 writes. The exit code is 4 when a gate refuses it.`,
		Action: groupAction,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the mechanisms written by hand, and those of a run",
				Flags:  []cli.Flag{asJSON, &cli.StringFlag{Name: "run", Usage: "also list those of the run in `DIRECTORY`"}},
				Action: listAction,
			},
			{
				Name: "vet", Usage: "say what the static gates find in a file", ArgsUsage: "FILE",
				Description: "Example:\n   bilevel mechanism vet fold.go",
				Flags:       []cli.Flag{asJSON},
				Action:      func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Vet) },
			},
			{
				Name: "build", Usage: "vet a file and compile a runner with it", ArgsUsage: "FILE",
				Description: "Example:\n   bilevel mechanism build --out runner fold.go && ./runner about",
				Flags:       []cli.Flag{asJSON, against, run, &cli.StringFlag{Name: "out", Usage: "copy the runner to `FILE`"}},
				Action:      func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Build) },
			},
			{
				Name: "test", Usage: "pass a file through every gate: vet, build, conformance, rehearsal", ArgsUsage: "FILE",
				Description: `The rehearsal asks the mechanism and the one it would replace the same questions, on the view of a run or on
that of a fresh one.

Examples:
   bilevel mechanism test fold.go
   bilevel mechanism test --run runs/1 --against greedy fold.go`,
				Flags:  []cli.Flag{asJSON, against, run},
				Action: func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Test) },
			},
		},
	}
}

// listed is a mechanism as list --json prints it.
type listed struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Origin string `json:"origin"` // "by hand", or what the gates of the run said: "ready", "refused"
}

func listAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("mechanism list takes no arguments, got %q", c.Args().First())
	}
	var all []listed
	for _, e := range full.All() {
		all = append(all, listed{e.Name, e.Doc, "by hand"})
	}
	if dir := c.String("run"); dir != "" {
		s, err := store.Read(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		for _, m := range s.Mechanisms() {
			if m.Source != "" {
				all = append(all, listed{m.Name, m.Idea, string(m.Status)})
			}
		}
	}
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", m.Name, m.Origin, firstLine(m.Doc))
	}
	return w.Flush()
}

// examine passes a file through the gates up to those of a verb, and tells what they say.
func examine(c *cli.Context, gates func(*gen.Pipeline, context.Context, []byte, gen.Examination) (gen.Report, error)) error {
	if c.NArg() != 1 {
		return usage("mechanism %s wants one file, got %d", c.Command.Name, c.NArg())
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	src, err := os.ReadFile(c.Args().First())
	if err != nil {
		return asUsage(err)
	}
	e, err := examination(c)
	if err != nil {
		return err
	}
	cache, err := data.CacheDir()
	if err != nil {
		return err
	}
	p, err := gen.New(ctx, gen.Options{Build: build.Options{Cache: cache, Parts: parts()}})
	if err != nil {
		return err
	}
	line := newOverwritten(c.App.ErrWriter)
	e.Step = func(s gen.Step) { line.say("%s …", s.Name) }
	r, err := gates(p, ctx, src, e)
	line.end()
	if ctx.Err() != nil {
		return cli.Exit("interrupted", exitInterrupted)
	}
	if err != nil {
		return fmt.Errorf("mechanism %s %s: %w", c.Command.Name, c.Args().First(), err)
	}
	if err := tellReport(c, r); err != nil {
		return err
	}
	if !r.OK() {
		return cli.Exit("", exitFindings)
	}
	if out := c.String("out"); out != "" {
		return copyProgram(r.Binary.Path, out)
	}
	return nil
}

// examination is what the flags say of how a file is looked at.
func examination(c *cli.Context) (gen.Examination, error) {
	e := gen.Examination{Against: "greedy"}
	if dir := c.String("run"); dir != "" {
		s, err := store.Read(dir)
		if err != nil {
			return e, err
		}
		defer s.Close()
		e.Against, _ = s.InCharge()
		e.Welcome.View = s.View()
		if name := c.String("against"); name != "" {
			e.Against = name
		}
		m, _ := s.Mechanism(e.Against)
		e.Source = m.Source
		return e, nil
	}
	if name := c.String("against"); name != "" {
		e.Against = name
	}
	space := task.Sizes[0].Space
	e.Welcome.View = wire.View{RunSeed: 1, Space: space, Incumbent: -1, Parallel: 1, Limit: 30}
	return e, nil
}

func tellReport(c *cli.Context, r gen.Report) error {
	w := c.App.Writer
	if c.Bool("json") {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	for _, s := range r.Steps {
		verdict := "ok"
		if !s.OK {
			verdict = "refused"
		}
		fmt.Fprintf(w, "%-10s %-8s %6s  %s\n", s.Name, verdict, duration(s.Took), s.Detail)
	}
	for _, f := range r.Findings {
		place := ""
		if f.Line > 0 {
			place = fmt.Sprintf(":%d:%d", f.Line, f.Column)
		}
		fmt.Fprintf(w, "%s%s: %s: %s\n", c.Args().First(), place, f.Rule, f.Message)
	}
	if r.Rehearsal != nil {
		for _, x := range r.Rehearsal.Examples {
			fmt.Fprintf(w, "%s, trial %d: %s is %s; it was %s\n", x.Where, x.Seq, x.What, x.Is, x.Was)
		}
	}
	if r.OK() && r.Name != "" {
		if _, err := fmt.Fprintf(w, "%s: %s\n", r.Name, firstLine(r.Doc)); err != nil {
			return err
		}
	}
	return nil
}

// copyProgram copies a compiled program out of the cache.
func copyProgram(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o777)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return fmt.Errorf("copy the runner to %s: %w", to, err)
	}
	return out.Close()
}
