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

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/harness/store"
)

func inspectCommand() *cli.Command {
	return &cli.Command{
		Name: "show", Usage: "say which mechanism is in a runner binary, and where it comes from", ArgsUsage: "BINARY",
		Description: `Asks the binary, contained as in a run, what is compiled into it. With --run it is looked up in the run's record, which
knows the model, the parent and the cycle. The exit code is 4 when the two do not agree.

Example:
   bilevel mechanism show --run runs/1 runs/1/bin/4d5e6f`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "look the binary up in the record of the run in `DIRECTORY`"},
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
	exe, err := os.Executable()
	if err != nil {
		return x, fmt.Errorf("find this program's own file: %w", err)
	}
	held, err := containment(ctx, false)
	if err != nil {
		return x, err
	}
	res, err := child.Run(ctx, child.Command{
		Path: path, Args: []string{"about"}, Within: tryWithin(exe, held), Dir: "/", Env: []string{}, Limit: time.Minute, MaxCPU: trialCPU, MaxMemory: 4 << 30,
	})
	if err != nil {
		return x, fmt.Errorf("ask %s what is in it: %w", name, err)
	}
	if err := json.Unmarshal(res.Stdout, &x.About); err != nil {
		return x, fmt.Errorf("ask %s what is in it: the answer is not a runner's: %w", name, err)
	}
	x.Build = recordBeside(path, x.Binary)
	return x, nil
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
		x.Run = &originInRun{m.Name, m.Hash, m.Idea, m.Parent, m.Cycle, meta.Model, meta.Simulated}
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
	if x.Run != nil {
		author := x.Run.Model
		if x.Run.Simulated {
			author += " (SIMULATED: no language model took part)"
		}
		row("written by", "%s", author)
		row("in", "cycle %d of level 2, to replace %s", x.Run.Cycle, x.Run.Parent)
		row("idea", "%s", firstLine(x.Run.Idea))
	}
	return w.Flush()
}
