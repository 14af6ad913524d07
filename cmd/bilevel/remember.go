package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/memory"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// memoryFlag says where the memory of earlier runs is.
func memoryFlag() cli.Flag {
	return &cli.StringFlag{Name: "memory", EnvVars: []string{"BILEVEL_MEMORY"}, Usage: "`FILE` that keeps what runs taught, or off (default: " + memory.File + " in bilevel's data folder, or in BILEVEL_CACHE where that is set)"}
}

// memoryFile is where the memory is; empty where it is turned off.
func memoryFile(c *cli.Context) (string, error) {
	switch named := c.String("memory"); {
	case c.Bool("no-memory"), named == "off":
		return "", nil
	case named != "":
		return named, nil
	}
	if cache := os.Getenv("BILEVEL_CACHE"); cache != "" {
		return filepath.Join(cache, memory.File), nil // whoever keeps bilevel to one folder wants this there too
	}
	dir, err := dataDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(dir, "bilevel", memory.File), nil
}

// dataDir is where a user's programs keep what is not to be thrown away, as a cache is: by the XDG specification, and as macOS
// and Windows have it.
func dataDir() (string, error) {
	if dir := os.Getenv("XDG_DATA_HOME"); filepath.IsAbs(dir) {
		return dir, nil
	}
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" {
		dir, err := os.UserConfigDir()
		if err != nil {
			return "", fmt.Errorf("data folder: %w; name a file with --memory, or go without by --no-memory", err)
		}
		return dir, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("data folder: %w; name a file with --memory, or go without by --no-memory", err)
	}
	return filepath.Join(home, ".local", "share"), nil
}

// openMemory opens the memory if there is one; nil where it is turned off, or nothing was learnt yet and none is to be made.
func openMemory(c *cli.Context, make bool) (*memory.Memory, error) {
	path, err := memoryFile(c)
	if err != nil || path == "" {
		return nil, err
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && !make {
		return nil, nil
	}
	return memory.Open(path)
}

// A recall is what of the memory a run is given at its start. It stands in the run's record, so that the run is the same
// whatever the memory learns or forgets meanwhile.
type recall struct {
	Lessons   []string         `json:"lessons,omitempty"`   // IDs, in the order of the record's lessons
	Ancestors []model.Ancestor `json:"ancestors,omitempty"` // mechanisms offered to level 2, the most promising first
}

// recall reads the memory for a new run; nil where it holds nothing for it.
func (j *job) recall(ctx context.Context, c *cli.Context) (*recall, error) {
	m, err := openMemory(c, false)
	if err != nil || m == nil {
		return nil, err
	}
	defer m.Close()
	clock := j.task.Content(j.task.Space().Default(), j.meta.Seed) == ""
	told, err := m.Recall(memory.ScopeOf(j.meta, clock), j.meta.Space)
	if err != nil {
		return nil, err
	}
	r := &recall{}
	for _, l := range told {
		r.Lessons = append(r.Lessons, l.ID)
	}
	if j.settings.InventEvery > 0 {
		if r.Ancestors, err = j.ancestors(ctx, c, m); err != nil {
			return nil, err
		}
	}
	if len(r.Lessons)+len(r.Ancestors) == 0 {
		return nil, nil
	}
	j.meta.Lessons = memory.Told(told)
	return r, nil
}

// given says what of the memory the run has; empty for nothing.
func (j *job) given() string {
	lessons, mechanisms := len(j.meta.Lessons), 0
	if j.memory != nil {
		mechanisms = len(j.memory.Ancestors)
	}
	if lessons+mechanisms == 0 {
		return ""
	}
	return fmt.Sprintf("%d %s and %d %s of earlier runs told to this one; bilevel memory shows them, --no-memory does without",
		lessons, plural(lessons, "lesson"), mechanisms, plural(mechanisms, "mechanism"))
}

// plural is the word for n things.
func plural(n int, word string) string {
	if n == 1 {
		return word
	}
	return word + "s"
}

// learn has the memory learn from a run that is done, and tells what it took in.
func learn(ctx context.Context, c *cli.Context, run *evolve.Run, tell func(evolve.Event)) error {
	st := run.Store
	m, err := openMemory(c, true)
	if err != nil || m == nil {
		return err
	}
	defer m.Close()
	r, err := memory.Of(st)
	if err != nil {
		return err
	}
	added, err := m.Learn(r)
	if err != nil {
		return err
	}
	if run.Paid {
		if err := draw(ctx, m, run, r, tell); err != nil {
			return err
		}
	}
	made, err := rememberMechanisms(ctx, m, run, st, r)
	if err != nil {
		return err
	}
	if made > 0 {
		tell(evolve.Event{Kind: evolve.EventMemory, At: time.Now(), Text: fmt.Sprintf("%d %s kept, with what is known of each; bilevel memory mechanisms lists them", made, plural(made, "mechanism"))})
	}
	if added > 0 {
		tell(evolve.Event{Kind: evolve.EventMemory, At: time.Now(), Text: fmt.Sprintf("%d new %s of what a change did; bilevel memory list shows what they come to", added, plural(added, "observation"))})
	}
	return nil
}

// draw has the language model of a run write lessons, and remembers those that the record bears out. A model that cannot be
// asked any more (out of reach, its budget spent) leaves the lessons by rule.
func draw(ctx context.Context, m *memory.Memory, run *evolve.Run, r memory.Run, tell func(evolve.Event)) error {
	said := func(text string) { tell(evolve.Event{Kind: evolve.EventMemory, At: time.Now(), Text: text}) }
	record, err := memory.Ask(ctx, run.Model, run.Store.Whole(), run.Task.Describe(), r)
	if err != nil {
		said(fmt.Sprintf("the model wrote no lessons (%v); what the trials show by rule is kept", err))
		return nil
	}
	if err := record.Note(run.Store); err != nil {
		return err
	}
	for _, s := range record.Accepted {
		if _, err := m.Write(s); err != nil {
			return err
		}
	}
	said(fmt.Sprintf("the model wrote %d lessons that the trials show; %d were refused because they do not", len(record.Accepted), len(record.Refused)))
	return nil
}

// showDrawn lists the lessons that a model wrote at the end of the run, and why others were refused.
func showDrawn(w io.Writer, s *store.Store) error {
	records, err := memory.Noted(s)
	if err != nil || len(records) == 0 {
		return err
	}
	for _, x := range records {
		fmt.Fprintf(w, "\nLessons that the model wrote after trial %d\n", x.Trials)
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, l := range x.Accepted {
			fmt.Fprintf(t, "  kept\t%s\t%s\ttrials %v\n", l.Param, firstLine(l.Text), l.Trials)
		}
		for _, l := range x.Refused {
			fmt.Fprintf(t, "  refused\t%s\t%s\t%s\n", firstLine(l.Lesson.Param), firstLine(l.Lesson.Text), firstLine(l.Why))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// showGiven lists what of earlier runs this one was told at its start.
func showGiven(w io.Writer, s *store.Store) error {
	t, meta := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), s.Meta()
	value := meta.Space.Measure
	if len(meta.Lessons) > 0 {
		fmt.Fprintln(t, "\nLessons of earlier runs that this one was told at its start")
	}
	for _, l := range meta.Lessons {
		fmt.Fprintf(t, "  %s\t%s\teffect %s\tconfidence %.2f\n", orDash(l.Param), firstLine(l.Text), effect(l.Effect, value), l.Confidence)
	}
	if len(meta.Settings) > 0 { // a run of an ablation has none
		settings, err := settingsOf(meta)
		if err != nil {
			return err
		}
		if m := settings.Memory; m != nil && len(m.Ancestors) > 0 {
			fmt.Fprintln(t, "\nMechanisms of earlier runs that level 2 was offered")
			for _, a := range m.Ancestors {
				fmt.Fprintf(t, "  %s\t%s\n", a.Name, firstLine(a.Idea))
			}
		}
	}
	return t.Flush()
}
