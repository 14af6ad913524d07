package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
)

// runSettings is what a run's record keeps beside its Meta.
type runSettings struct {
	evolve.Settings
	Profile string  `json:"profile,omitempty"` // of the simulated model
	Memory  *recall `json:"memory,omitempty"`
}

func settingsOf(m store.Meta) (s runSettings, err error) {
	if err := json.Unmarshal(m.Settings, &s); err != nil {
		return s, fmt.Errorf("settings in the record: %w; it was made by bilevel %s", err, m.Program)
	}
	return s, nil
}

// sameAs refuses flags that contradict the record of the run that is continued.
func sameAs(c *cli.Context, m store.Meta, s runSettings) error {
	for _, f := range []struct {
		flag string
		was  any
		is   any
	}{
		{"seed", m.Seed, c.Uint64("seed")},
		{"mechanism", m.Mechanism, c.String("mechanism")},
		{"parallel", m.Parallel, c.Int("parallel")},
		{"steer-every", s.SteerEvery, c.Int("steer-every")},
		{"invent-every", s.InventEvery, c.Int("invent-every")},
		{"anchor-every", s.AnchorEvery, c.Int("anchor-every")},
		{"profile", s.Profile, c.String("profile")},
	} {
		if c.IsSet(f.flag) && f.was != f.is {
			return usage("it was made with --%s %v, not %v; leave the flag out, or name another --dir", f.flag, f.was, f.is)
		}
	}
	if isAnySet(c, taskFlags()) {
		spec, err := taskSpec(c)
		if err != nil {
			return err
		}
		if m.Task.Kind == task.KindCommand && spec.Kind == task.KindCommand && !m.Task.Same(spec) {
			return usage("it was made with another text of the task file, or for another folder; leave --task out to go on as recorded, or name another --dir")
		}
		if !m.Task.Same(spec) {
			return usage("it was made for the task %s, not %s; leave these flags out, or name another --dir", m.Task, spec)
		}
	}
	return nil
}

func readMeta(dir string) (*store.Meta, error) {
	s, err := store.Read(dir)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	m := s.Meta()
	return &m, nil
}

// newRunDir is the first of runs/1, runs/2, ... that does not exist.
func newRunDir(parent string) (string, error) {
	for n := 1; ; n++ {
		dir := filepath.Join(parent, strconv.Itoa(n))
		if _, err := os.Lstat(dir); errors.Is(err, fs.ErrNotExist) {
			return dir, nil
		} else if err != nil {
			return "", fmt.Errorf("find a new run directory: %w", err)
		}
	}
}

func isAnySet(c *cli.Context, flags []cli.Flag) bool {
	for _, f := range flags {
		if c.IsSet(f.Names()[0]) {
			return true
		}
	}
	return false
}
