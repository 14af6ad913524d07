package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/review"
	"github.com/seed161a02ea/bilevel/gen/review/branch"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// subject finds what is to be reviewed: a mechanism of a run by name, one on a branch, a folder of a kept one, or a file.
func subject(ctx context.Context, c *cli.Context) (review.Subject, error) {
	name := c.Args().First()
	if dir := c.String("run"); dir != "" {
		s, err := store.Read(dir)
		if err != nil {
			return review.Subject{}, err
		}
		defer s.Close()
		if m, ok := s.Mechanism(name); ok && m.Source != "" {
			return fromRun(s, m)
		}
		if _, err := os.Stat(name); err != nil {
			return review.Subject{}, noSuchMechanism(s, name)
		}
	}
	if repo := c.String("repo"); repo != "" {
		return fromBranch(ctx, repo, name)
	}
	info, err := os.Stat(name)
	if err != nil {
		return review.Subject{}, usage("%v; a mechanism of a run needs --run, one on a branch --repo", err)
	}
	if info.IsDir() {
		return fromFolder(name)
	}
	return fromFile(c, name)
}

// noSuchMechanism says which mechanisms were written in a run.
func noSuchMechanism(s *store.Store, name string) error {
	var names []string
	for _, m := range s.Mechanisms() {
		if m.Source != "" {
			names = append(names, m.Name)
		}
	}
	if len(names) == 0 {
		return usage("no mechanism %q: level 2 has written none in this run yet", name)
	}
	return usage("no mechanism %q was written in this run%s", name, meant(name, names, ""))
}

// fromRun is a mechanism with all that its run recorded of it.
func fromRun(s *store.Store, m store.Mechanism) (review.Subject, error) {
	meta := s.Meta()
	parent, _ := s.Mechanism(m.Parent)
	sub := review.Subject{
		Name: m.Name, Source: m.Source, Idea: m.Idea, Spec: m.Spec, Dialogue: m.Dialogue,
		Parent: review.Parent{Name: m.Parent, Source: parent.Source}, View: viewThen(s, m.Cycle),
		Origin: &review.Origin{
			Run: filepath.Base(s.Dir()), Seed: meta.Seed, Cycle: m.Cycle, Task: meta.Task.Kind, Space: meta.SpaceHash,
			Model: meta.Model, Simulated: meta.Simulated, Program: meta.Program, Binary: m.Binary,
		},
	}
	if i := strings.Index(m.Name, " ("); m.Status == store.Refused && i > 0 {
		sub.Name = m.Name[:i] // the record adds which attempt it was
	}
	if len(sub.Dialogue) == 0 && m.Cycle > 0 && m.Cycle <= len(s.Cycles()) {
		sub.Dialogue = s.Cycles()[m.Cycle-1].Dialogue
	}
	if b, ok := s.Binary(m.Binary); ok {
		sub.Origin.Build = b.Record
	}
	var err error
	if sub.Refused, err = refusedBefore(s, m); err != nil {
		return sub, err
	}
	sub.Service = service(s, m.Name)
	return sub, nil
}

// refusedBefore is what the gates sent back in the cycle that a mechanism is of.
func refusedBefore(s *store.Store, m store.Mechanism) ([]provenance.Refused, error) {
	var all []provenance.Refused
	for _, other := range s.Mechanisms() {
		if other.Name == m.Name {
			break
		}
		if other.Cycle != m.Cycle || other.Status != store.Refused {
			continue
		}
		r := provenance.Refused{Hash: other.Hash}
		if len(other.Findings) > 0 {
			if err := json.Unmarshal(other.Findings, &r.Findings); err != nil {
				return nil, fmt.Errorf("findings of %s: %w", other.Name, err)
			}
		}
		all = append(all, r)
	}
	return all, nil
}

// service is what a mechanism did in its run; nil if it was never in charge.
func service(s *store.Store, name string) *review.Service {
	t := evolve.Influence(s.Tenures(), name)
	if t.From < 0 {
		return nil
	}
	current, _ := s.InCharge()
	return &review.Service{
		From: t.From, Proposals: t.Proposals, Shadow: t.Shadow, Compared: t.Compared, Differed: t.Differed, Gain: t.Gain,
		Fate: fate(s, name, current), Failed: s.Quarantined(name),
	}
}

// viewThen is the run as it stood when a cycle of level 2 was over, however far it has gone since.
func viewThen(s *store.Store, cycle int) wire.View {
	v := s.Whole()
	if cycle < 1 || cycle > len(s.Cycles()) {
		return v
	}
	next := s.Cycles()[cycle-1].Seq
	v.Pending, v.Incumbent, v.Steer = nil, -1, mechanisms.Steering{}
	v.Trials = v.Trials[:min(next, len(v.Trials))]
	for _, t := range v.Trials {
		if t.Kept {
			v.Incumbent = t.Seq
		}
	}
	for _, x := range s.Steering() {
		if x.Steering.Since <= next {
			v.Steer = x.Steering
		}
	}
	v.Limit = 0 // how far the run was extended later says nothing about the mechanism
	return v
}

// fromFile is a source that nothing is recorded of.
func fromFile(c *cli.Context, name string) (review.Subject, error) {
	src, err := os.ReadFile(name)
	if err != nil {
		return review.Subject{}, asUsage(err)
	}
	e, err := examination(c)
	if err != nil {
		return review.Subject{}, err
	}
	return review.Subject{Source: string(src), Parent: review.Parent{Name: e.Against, Source: e.Source}, View: e.Welcome.View}, nil
}

// fromFolder is a kept mechanism.
func fromFolder(dir string) (review.Subject, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return review.Subject{}, err
	}
	files := map[string][]byte{}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			files[e.Name()] = nil // a folder or a link: Open finds fault with its name
			continue
		}
		if files[e.Name()], err = os.ReadFile(filepath.Join(dir, e.Name())); err != nil {
			return review.Subject{}, err
		}
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return review.Subject{}, err
	}
	s, err := review.Open(filepath.Base(abs), files)
	if err != nil {
		return s, asUsage(fmt.Errorf("%s: %w", dir, err))
	}
	return s, nil
}

// branchOf is the branch that a mechanism is proposed on.
func branchOf(name string) string { return "mechanism/" + name }

// fromBranch is a mechanism as its branch holds it; nothing is checked out.
func fromBranch(ctx context.Context, dir, name string) (review.Subject, error) {
	repo, err := branch.Open(ctx, dir)
	if err != nil {
		return review.Subject{}, err
	}
	mechanism := path.Base(name) // of mechanism/NAME, origin/mechanism/NAME or NAME
	revision := name
	if name == mechanism {
		revision = branchOf(name)
	}
	files, err := repo.Folder(ctx, revision, path.Join(wrap.Kept, mechanism))
	if err != nil {
		return review.Subject{}, asUsage(err)
	}
	return review.Open(mechanism, files)
}

// firstSentence is what a mechanism says of itself in one line.
func firstSentence(r review.Review) string {
	return firstLine(cmp.Or(r.Subject.Idea, r.Report.Doc))
}
