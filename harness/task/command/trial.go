package command

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Trial is one run of the program.
type Trial struct {
	File     *File
	Copied   string // the folder as Snapshot copied it
	Origin   string // the user's folder, for links
	Cache    string // where the trial's own folder is made
	Environ  []string
	Point    mechanisms.Point
	Seed     uint64
	Progress func(share float64)     // may be nil; called from another goroutine, one call at a time
	Curve    func(mechanisms.Sample) // the same, for points of the learning curve: lower is better also where the value is to be maximised
}

// An Outcome is what became of it.
type Outcome struct {
	Status  mechanisms.Status   // Complete, NotFinite, TimedOut, Unparsed, Killed, or that of a Sign
	Reason  string              // why it is not Complete
	Value   float64             // as the program gave it, for Complete
	Seconds float64             // wall time of the program
	Args    []string            // what was run
	Edits   []Edit              // of its source
	Curve   []mechanisms.Sample // of the learning curve
	Last    []string            // lines of its output, cleaned
	Bytes   int64               // of its output
}

type invocation struct {
	args, env []string
	dir       string
}

// An ending is how a program ended: exit as exec.Cmd's Wait gives it.
type ending struct {
	exit error
	late bool // it was ended because its time was over
}

// Run runs the program once, in a copy of the folder with the source edited. The error is not about the point: the folder
// cannot be copied, a line cannot be found, ctx was done.
func (t Trial) Run(ctx context.Context) (o Outcome, err error) {
	s, err := takeScratch(t.Cache)
	if err != nil {
		return o, fmt.Errorf("folder of a trial: %w", err)
	}
	defer func() {
		if left := s.remove(); err == nil && left != nil {
			err = fmt.Errorf("remove folder of a trial: %w", left)
		}
	}()
	values := t.File.values(t.Point, t.Seed)
	if o.Edits, err = t.fill(ctx, s.dir, values); err != nil {
		return o, err
	}
	args, env := t.File.invocation(values)
	o.Args = args
	out := newOutput(t.File, t.told)
	out.curve = t.curve(&o)
	began := time.Now()
	e, err := run(ctx, invocation{args: args, env: merged(t.Environ, env), dir: s.dir}, t.File.Timeout, out)
	o.Seconds = time.Since(began).Seconds()
	out.end()
	o.Last, o.Bytes = slices.Clone(out.last), out.size
	if err != nil {
		return o, err
	}
	o.Status, o.Reason, o.Value = t.File.judge(e, out, s.dir)
	return o, nil
}

func (t Trial) told(percent string) {
	if share, ok := shareOf(percent); ok && t.Progress != nil {
		t.Progress(share)
	}
}

// curve gathers the learning curve in the outcome and passes it on.
func (t Trial) curve(o *Outcome) *curve {
	sign := 1.0
	if t.File.Objective.Maximise {
		sign = -1
	}
	return &curve{sign: sign, told: func(s mechanisms.Sample) {
		o.Curve = append(o.Curve, s)
		if t.Curve != nil {
			t.Curve(s)
		}
	}}
}

// fill makes the trial's folder: the copy, the links, the edited lines; no result of an earlier trial.
func (t Trial) fill(ctx context.Context, dir string, values map[string]string) ([]Edit, error) {
	if _, err := copyFolder(ctx, t.Copied, dir, func(string) bool { return false }); err != nil {
		return nil, err
	}
	for _, name := range t.File.Link {
		at := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			return nil, err
		}
		if err := os.Symlink(filepath.Join(t.Origin, name), at); err != nil {
			return nil, err
		}
	}
	root, err := os.OpenRoot(dir) // a link in the folder must not lead an edit to the user's own file
	if err != nil {
		return nil, err
	}
	defer root.Close()
	if result := t.File.Objective.File; result != "" {
		if err := root.Remove(result); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, err
		}
	}
	return editAll(root, t.File.Lines, values, func(name, text string) error { return root.WriteFile(name, []byte(text), 0o666) })
}

// editAll puts the values into the lines of the source files below root, and hands each new text to write.
func editAll(root *os.Root, lines []Line, values map[string]string, write func(name, text string) error) ([]Edit, error) {
	byFile := map[string][]Line{}
	for _, l := range lines {
		byFile[l.File] = append(byFile[l.File], l)
	}
	var edits []Edit
	for _, name := range slices.Sorted(maps.Keys(byFile)) {
		b, err := root.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("line %d: source file %s: %w; mend the key file", byFile[name][0].at, name, err)
		}
		text, made, err := edit(string(b), byFile[name], values)
		if err != nil {
			return nil, err
		}
		if err := write(name, text); err != nil {
			return nil, err
		}
		edits = append(edits, made...)
	}
	return edits, nil
}

// merged is the environment with variables set; the later of two wins.
func merged(environ, set []string) []string {
	byName := map[string]string{}
	for _, kv := range slices.Concat(environ, set) {
		name, _, _ := strings.Cut(kv, "=")
		byName[name] = kv
	}
	return slices.Sorted(maps.Values(byName))
}

// judge says what became of a program that ended.
func (f *File) judge(e ending, out *output, folder string) (mechanisms.Status, string, float64) {
	if e.late {
		return mechanisms.TimedOut, because(fmt.Sprintf("no end after %v", f.Timeout), out), 0
	}
	value, err := f.Objective.read(out, folder)
	if err == nil && e.exit == nil {
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return mechanisms.NotFinite, fmt.Sprintf("the program gave the value %v", value), 0
		}
		return mechanisms.Complete, "", value
	}
	for i, sign := range f.Failures {
		if out.signs[i] != "" {
			return sign.Status, fmt.Sprintf("%s; its output says: %s", howEnded(e.exit), out.signs[i]), 0
		}
	}
	if e.exit == nil {
		return mechanisms.Unparsed, because(err.Error(), out), 0
	}
	status := mechanisms.Crashed
	if killed(e.exit) {
		status = mechanisms.Killed
	}
	return status, because(howEnded(e.exit), out), 0
}

func because(what string, out *output) string {
	if words := out.words(); words != "" {
		return what + "; its last words: " + words
	}
	return what + "; it printed nothing"
}

func howEnded(exit error) string {
	if exit == nil {
		return "the program ended well without a value"
	}
	if e, ok := errors.AsType[*exec.ExitError](exit); ok {
		if signal, ok := bySignal(exit); ok {
			return "the program was ended by a signal: " + signal.String()
		}
		return fmt.Sprintf("the program ended with exit status %d", e.ExitCode())
	}
	return "the program: " + exit.Error()
}

// CheckSource reports the first line of the task file that the copied folder does not have exactly once.
func (f *File) CheckSource(copied string) error {
	root, err := os.OpenRoot(copied)
	if err != nil {
		return err
	}
	defer root.Close()
	_, err = editAll(root, f.Lines, f.values(f.Space.Default(), 0), func(string, string) error { return nil })
	return err
}
