package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/kernels/data"
)

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
	p, err := newPipeline(ctx)
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

// newPipeline is the gates for verbs that invent nothing. New binaries are contained as in a run.
func newPipeline(ctx context.Context) (*gen.Pipeline, error) {
	cache, err := data.CacheDir()
	if err != nil {
		return nil, err
	}
	x, err := containing(ctx, false)
	if err != nil {
		return nil, err
	}
	return gen.New(ctx, gen.Options{Build: build.Options{Cache: cache, Parts: parts()}, Within: x.trying(), Limit: trialCPU})
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
