package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/task/command"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// commandTask runs a program of the user's own.
type commandTask struct {
	spec   Spec
	file   *command.File
	copied string // the folder in the cache
	cache  string
}

// ReadCommand makes the spec of the task that a file describes. The folder it names is taken relative to the file.
func ReadCommand(path string) (Spec, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Spec{}, fmt.Errorf("task file: %w", err)
	}
	f, err := command.Parse(b)
	if err != nil {
		return Spec{}, fmt.Errorf("task file %s:\n%w", path, err)
	}
	folder := f.Folder
	if rest, found := strings.CutPrefix(folder, "~/"); found {
		home, err := os.UserHomeDir()
		if err != nil {
			return Spec{}, fmt.Errorf("task file %s: folder %s: %w", path, folder, err)
		}
		folder = filepath.Join(home, rest)
	}
	if !filepath.IsAbs(folder) {
		folder = filepath.Join(filepath.Dir(path), folder)
	}
	if folder, err = filepath.Abs(folder); err != nil {
		return Spec{}, fmt.Errorf("task file %s: %w", path, err)
	}
	return Spec{Kind: KindCommand, File: string(b), FileHash: hashOf(b), Folder: folder}, nil
}

func hashOf(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// openCommand uses the text and the folder of the spec: when the spec is one that was recorded, the folder as it was then, which
// the cache has a copy of.
func openCommand(ctx context.Context, s Spec) (*commandTask, error) {
	if got := hashOf([]byte(s.File)); got != s.FileHash {
		return nil, fmt.Errorf("open command task: the recorded task file has hash %.12s, want %.12s: the record was changed; start a new run", got, s.FileHash)
	}
	t := &commandTask{spec: s}
	var err error
	if t.file, err = command.Parse([]byte(s.File)); err != nil {
		return nil, fmt.Errorf("open command task: task file:\n%w", err)
	}
	if t.cache, err = data.CacheDir(); err != nil {
		return nil, fmt.Errorf("open command task: %w", err)
	}
	if err := t.findParts(); err != nil {
		return nil, fmt.Errorf("open command task: %w", err)
	}
	if t.copied, t.spec.Sources, err = t.copyOf(ctx, s.Sources); err != nil {
		return nil, fmt.Errorf("open command task: %w", err)
	}
	if err := t.file.CheckSource(t.copied); err != nil {
		return nil, fmt.Errorf("open command task: task file: %w", err)
	}
	return t, nil
}

// copyOf is the folder in the cache: the recorded one, or a new copy.
func (t *commandTask) copyOf(ctx context.Context, recorded string) (copied, hash string, err error) {
	if recorded != "" {
		copied, err := command.Recorded(ctx, t.cache, recorded)
		if err == nil || !errors.Is(err, fs.ErrNotExist) {
			return copied, recorded, err
		}
	}
	if info, err := os.Stat(t.spec.Folder); err != nil || !info.IsDir() {
		return "", "", fmt.Errorf("task file: %s: there is no folder %s; make it, or name another", t.file.Where("folder"), t.spec.Folder)
	}
	copied, hash, err = command.Snapshot(ctx, t.spec.Folder, t.cache, t.file)
	if err == nil && recorded != "" && hash != recorded {
		err = fmt.Errorf("folder %s has content %.12s, want %.12s: it has changed since the run was made, and the copy of it is gone from the cache %s; bring the old content back, or start a new run", t.spec.Folder, hash, recorded, t.cache)
	}
	return copied, hash, err
}

// findParts looks for what every trial needs: the program and what is linked.
func (t *commandTask) findParts() error {
	program := t.file.Args[0]
	if !strings.ContainsRune(program, filepath.Separator) {
		if _, err := exec.LookPath(program); err != nil {
			return fmt.Errorf("task file: %s: program %s is not found in PATH; install it, or write its path (./%s for one in the folder)", t.file.Where("command"), program, program)
		}
	}
	for _, name := range t.file.Link {
		if _, err := os.Stat(filepath.Join(t.spec.Folder, name)); err != nil {
			return fmt.Errorf("task file: %s: %w; make it, or take it out of the list", t.file.Where("link"), err)
		}
	}
	return nil
}

func (t *commandTask) prepared() Spec { return t.spec }

func (t *commandTask) Space() mechanisms.Space { return t.file.Space }

func (t *commandTask) Check(p mechanisms.Point) error {
	if err := t.file.Space.Check(p); err != nil {
		return &Failure{Status: mechanisms.Refused, Reason: err.Error()}
	}
	return nil
}

// Content takes the task file at its word: only one that says deterministic: true is remembered.
func (t *commandTask) Content(p mechanisms.Point, seed uint64) string {
	if !t.file.Deterministic {
		return ""
	}
	b, err := json.Marshal(struct {
		File, Sources string
		Point         mechanisms.Point
		Seed          uint64
	}{t.spec.FileHash, t.spec.Sources, p, seed})
	if err != nil {
		panic(err) // a point of the space has finite values
	}
	return "command-" + hashOf(b)
}

// Noise is the standard deviation of a task's value between trials of one point with one seed; 0 when trials are deterministic, or
// when it is not known.
func Noise(t Task) float64 {
	if c, ok := t.(*commandTask); ok {
		return c.file.Noise
	}
	return 0
}

// Train runs the program. A value to be maximised is negated: everywhere else lower is better.
func (t *commandTask) Train(ctx context.Context, p mechanisms.Point, seed uint64, progress func(Progress)) (Result, error) {
	kills := OutOfMemoryKills()
	o, err := t.run(ctx, p, seed, progress)
	if err != nil {
		return Result{}, err
	}
	if o.Status == mechanisms.Killed && OutOfMemoryKills() > kills {
		o.Status, o.Reason = mechanisms.OutOfMem, "the kernel ended the program for want of memory: "+o.Reason
	}
	if o.Status != mechanisms.Complete {
		return Result{}, &Failure{Status: o.Status, Reason: o.Reason}
	}
	if t.file.Objective.Maximise {
		o.Value = -o.Value
	}
	return Result{BPB: o.Value, Curve: o.Curve, Seconds: o.Seconds}, nil
}

// run passes progress on in the caller's goroutine.
func (t *commandTask) run(ctx context.Context, p mechanisms.Point, seed uint64, progress func(Progress)) (o command.Outcome, err error) {
	told, done := make(chan Progress), make(chan struct{})
	trial := t.trial(p, seed)
	trial.Progress = func(share float64) { told <- Progress{Fraction: share} }
	trial.Curve = func(c mechanisms.Sample) { told <- Progress{Fraction: c.Fraction, Curve: &c} }
	go func() {
		defer close(done)
		o, err = trial.Run(ctx)
	}()
	for {
		select {
		case x := <-told:
			progress(x)
		case <-done:
			return o, err
		}
	}
}

func (t *commandTask) trial(p mechanisms.Point, seed uint64) command.Trial {
	return command.Trial{
		File: t.file, Copied: t.copied, Origin: t.spec.Folder, Cache: t.cache, Environ: Environ(os.Environ()), Point: p, Seed: seed,
	}
}

// TryCommand runs the program of a command task once and says all that came of it; ok is false for a task of another kind.
func TryCommand(ctx context.Context, t Task, p mechanisms.Point, seed uint64) (o command.Outcome, ok bool, err error) {
	c, ok := t.(*commandTask)
	if !ok {
		return o, false, nil
	}
	o, err = c.run(ctx, p, seed, func(Progress) {})
	return o, true, err
}

func (t *commandTask) Describe() string {
	f := t.file
	var b strings.Builder
	if f.About != "" {
		fmt.Fprintf(&b, "%s\n", f.About)
	}
	fmt.Fprintf(&b, "A trial runs a program of the user's own, %q, in a copy of its folder, for at most %v. Its value is called %s; %s is better.\n", strings.Join(f.Args, " "), f.Timeout, f.Space.Measure, f.Space.Measure.Better())
	if f.Deterministic {
		b.WriteString("Its author says that trials are deterministic.")
	} else {
		b.WriteString("Trials are not deterministic: the same point gives somewhat different values, so a small difference means little.")
	}
	return b.String()
}
