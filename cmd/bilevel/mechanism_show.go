package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/review"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "say which mechanism is in a runner binary, and where it comes from", ArgsUsage: "BINARY",
		Description: `Asks the binary, contained as in a run, what is compiled into it: the source as it was written, the occasion, spec and
dialogue, what the gates found in earlier attempts, and what it was built with. Nothing but the binary is needed. What
was known only when it had been built, its own figures and its sha256 among them, cannot stand in it: with --run they are looked
up in the run's record. The exit code is 4 when the two do not agree.

Examples:
   bilevel mechanism show runs/1/bin/4d5e6f
   bilevel mechanism show --source runs/1/bin/4d5e6f > fold.go
   bilevel mechanism show --run runs/1 runs/1/bin/4d5e6f`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "look the binary up in the record of the run in `DIRECTORY`"},
			&cli.BoolFlag{Name: "source", Usage: "print the source alone, as it was written"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: inspectAction,
	}
}

// inside is what show --json prints.
type inside struct {
	Binary string        `json:"binary"` // sha256 of the file in hex
	About  loop.About    `json:"about"`
	Build  *build.Record `json:"build,omitempty"` // as recorded by the run, or beside the binary
	Run    *originInRun  `json:"run,omitempty"`

	Provenance *provenance.Account `json:"provenance,omitempty"` // as it is compiled in
}

// originInRun is what a run's record knows of the mechanism in a binary.
type originInRun struct {
	Name      string `json:"name"`
	Hash      string `json:"hash"`
	Idea      string `json:"idea"`
	Parent    string `json:"parent"`
	Cycle     int    `json:"cycle"`
	Model     string `json:"model"`
	Simulated bool   `json:"simulated"`

	Rehearsal *gen.Rehearsal  `json:"rehearsal,omitempty"`
	Service   *review.Service `json:"service,omitempty"` // what it did in charge

	Measure mechanisms.Measure `json:"measure,omitzero"` // what the run's values are called
}

func inspectAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("mechanism show wants one binary, got %d arguments", c.NArg())
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	name := c.Args().First()
	x, err := inspect(ctx, name)
	if err != nil {
		return err
	}
	if dir := c.String("run"); dir != "" {
		if err := x.lookUp(dir); err != nil {
			return err
		}
	}
	if c.Bool("source") {
		if x.Provenance == nil {
			return cli.Exit(name+": no source is compiled in", exitFindings)
		}
		_, err := io.WriteString(c.App.Writer, x.Provenance.Source)
		return err
	}
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		err = enc.Encode(x)
	} else {
		err = x.tell(c.App.Writer)
	}
	if err != nil {
		return err
	}
	if x.Run != nil && (x.Run.Name != x.About.Current.Name || x.Run.Hash != x.About.Current.Hash) {
		return cli.Exit(fmt.Sprintf("%s says that it runs %s, and the record says %s", name, x.About.Current.Name, x.Run.Name), exitFindings)
	}
	return nil
}

// inspect asks a runner what is in it. Any other program is not run.
func inspect(ctx context.Context, name string) (inside, error) {
	path, err := filepath.Abs(name)
	if err != nil {
		return inside{}, err
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return inside{}, usage("%s: %v; want a runner binary", name, err)
	}
	if want := build.Module + "/" + wrap.Runner; info.Path != want {
		return inside{}, usage("%s is the program %s, want a runner, %s", name, cmp.Or(info.Path, "of no name"), want)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return inside{}, err
	}
	x := inside{Binary: fmt.Sprintf("%x", sha256.Sum256(content))}
	ask, err := asking(ctx, path)
	if err != nil {
		return x, err
	}
	answer, err := ask("about")
	if err != nil {
		return x, fmt.Errorf("ask %s what is in it: %w", name, err)
	}
	if err := json.Unmarshal(answer, &x.About); err != nil {
		return x, fmt.Errorf("ask %s what is in it: the answer is not a runner's: %w", name, err)
	}
	if x.About.Provenance > 0 {
		if answer, err = ask("provenance"); err != nil {
			return x, fmt.Errorf("ask %s where it comes from: %w", name, err)
		}
		a, err := provenance.Decode(answer)
		if err != nil {
			return x, fmt.Errorf("%s: %w", name, err)
		}
		x.Provenance = &a
	}
	x.Build = recordBeside(path, x.Binary)
	return x, nil
}

// asking returns what puts a verb to a runner, contained as in a run.
func asking(ctx context.Context, path string) (func(verb string) ([]byte, error), error) {
	x, err := containing(ctx, false)
	if err != nil {
		return nil, err
	}
	return func(verb string) ([]byte, error) {
		res, err := child.Run(ctx, child.Command{
			Path: path, Args: []string{verb}, Within: x.trying(), Dir: "/", Env: []string{}, Limit: time.Minute, MaxCPU: trialCPU, MaxMemory: 4 << 30, MaxOutput: 64 << 20,
		})
		return res.Stdout, err
	}, nil
}

// recordBeside reads the record that the build cache keeps beside a binary, if it is there and of this binary.
func recordBeside(path, hash string) *build.Record {
	j, err := os.ReadFile(filepath.Join(filepath.Dir(path), "record.json"))
	if err != nil {
		return nil
	}
	var r build.Record
	if json.Unmarshal(j, &r) != nil || r.Hash != hash {
		return nil
	}
	return &r
}

// lookUp adds what a run recorded of the binary.
func (x *inside) lookUp(dir string) error {
	s, err := store.Read(dir)
	if err != nil {
		return err
	}
	defer s.Close()
	for _, m := range s.Mechanisms() {
		if m.Binary != x.Binary {
			continue
		}
		meta := s.Meta()
		x.Run = &originInRun{
			Name: m.Name, Hash: m.Hash, Idea: m.Idea, Parent: m.Parent, Cycle: m.Cycle, Model: meta.Model, Simulated: meta.Simulated, Service: service(s, m.Name), Measure: meta.Space.Measure,
		}
		if len(m.Findings) > 0 {
			x.Run.Rehearsal = &gen.Rehearsal{}
			if err := json.Unmarshal(m.Findings, x.Run.Rehearsal); err != nil {
				return fmt.Errorf("rehearsal of %s in %s: %w", m.Name, dir, err)
			}
		}
		b, ok := s.Binary(m.Binary)
		if !ok || len(b.Record) == 0 {
			return nil
		}
		x.Build = &build.Record{}
		if err := json.Unmarshal(b.Record, x.Build); err != nil {
			return fmt.Errorf("build record of %s in %s: %w", m.Name, dir, err)
		}
		return nil
	}
	return cli.Exit(fmt.Sprintf("no mechanism of the run %s was compiled into a binary with sha256 %s", dir, x.Binary), exitFindings)
}

func (x *inside) tell(out io.Writer) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(w, "%s\t"+format+"\n", append([]any{name}, args...)...)
	}
	named := func(what string, n loop.Named) {
		row(what, "%s", n.Name)
		if n.Doc != "" {
			row("", "%s", firstLine(n.Doc))
		}
		row("", "%s", cmp.Or(n.Hash, "written by hand"))
	}
	named("mechanism", x.About.Current)
	if x.About.Shadow != nil {
		named("replaced", *x.About.Shadow)
	}
	row("binary", "%s", x.Binary)
	row("built with", "%s, protocol %d", x.About.Go, x.About.Protocol)
	if x.Build != nil {
		row("from sources", "%s for %s", x.Build.Snapshot, x.Build.Toolchain)
		for _, f := range x.Build.Overlay {
			row("", "%s %s", cmp.Or(f.Hash, "taken away"), f.Path)
		}
	}
	if x.Provenance != nil {
		if err := rows(x.Provenance, row); err != nil {
			return err
		}
	}
	if x.Run != nil {
		x.Run.rows(row)
	}
	if err := w.Flush(); err != nil || x.Provenance == nil {
		return err
	}
	return texts(out, x.Provenance)
}

// rows are what the run knows and the binary cannot.
func (r *originInRun) rows(row func(name, format string, args ...any)) {
	author := r.Model
	if r.Simulated {
		author += " (SIMULATED: no language model took part)"
	}
	row("in the run", "%s, of cycle %d of level 2, by %s, to replace %s", r.Name, r.Cycle, author, r.Parent)
	row("idea", "%s", firstLine(r.Idea))
	if x := r.Rehearsal; x != nil {
		row("rehearsed", "%d of %d decisions differ from %s", x.Differs, x.Decisions, r.Parent)
	}
	if s := r.Service; s != nil {
		row("in charge", "from trial %d, %d proposals, %+.4f %s; %s", s.From, s.Proposals, r.Measure.Own(0-s.Gain), r.Measure, s.Fate)
		if s.Compared > 0 {
			row("", "%d of %d decisions differ from %s", s.Differed, s.Compared, s.Shadow)
		}
	}
}
