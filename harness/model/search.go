package model

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// FactsOf returns what every question shares: the view of the run before trial seq.
func FactsOf(v wire.View, seq int) Facts {
	f := Facts{
		RunSeed: v.RunSeed, Seq: seq, Space: v.Space, Incumbent: v.Incumbent, Trials: v.Trials, Cleared: v.Cleared,
		Steer: v.Steer, Lessons: v.Lessons, Noise: v.Noise, Again: v.Again,
	}
	for _, s := range v.Pending {
		if s.Status == "" { // one with a status is not being trained
			f.Pending = append(f.Pending, s.Proposal)
		}
	}
	return f
}

// Best returns the incumbent's trial; false before the baseline.
func (f Facts) Best() (mechanisms.Trial, bool) {
	for _, t := range f.Trials {
		if t.Seq == f.Incumbent {
			return t, true
		}
	}
	return mechanisms.Trial{}, false
}

// Search says the facts in words, as the prompts show them. The task's words come from the task itself.
func (f Facts) Search(task string) templates.Search {
	best, ok := f.Best()
	at := best.Point
	if !ok {
		at = f.Space.Default()
	}
	s := templates.Search{
		Task: task, Incumbent: f.Incumbent, BPB: fmt.Sprintf("%.6f", f.Space.Measure.Own(best.BPB)), Value: f.Space.Measure.Name, Higher: f.Space.Measure.Higher, Trace: mechanisms.Table(f.Space, f.Trials), Cleared: f.Cleared,
		Strategy: f.Steer.Strategy, Guidance: f.Steer.Guidance, Since: f.Steer.Since,
		Person: f.Steer.Person.Text, PersonSince: f.Steer.Person.Since,
	}
	if a := f.Again; a != nil && a.Seq == f.Incumbent {
		s.Again = fmt.Sprintf("%d times, with mean %.6f", a.Times, f.Space.Measure.Own(a.BPB))
	}
	if f.Noise > 0 {
		s.Noise = strconv.FormatFloat(f.Noise, 'g', 2, 64)
	}
	v := mechanisms.View{Space: f.Space, Steer: f.Steer}
	for i, p := range f.Space.Params {
		s.Params = append(s.Params, templates.Param{
			Name: p.Name, Values: p.Range(), Now: p.Format(at[i]), End: end(p, at[i]), Default: p.Format(p.Default), Scale: scale(p),
			Doc: meaning(p), Frozen: v.Frozen(i),
		})
	}
	for _, c := range f.Space.Constraints {
		s.Constraints = append(s.Constraints, constraint(c))
	}
	for _, p := range f.Pending {
		s.Pending = append(s.Pending, fmt.Sprintf("trial %d: %s", p.Seq, f.Space.Diff(at, p.Point)))
	}
	for _, l := range f.Lessons {
		s.Lessons = append(s.Lessons, lesson(l, f.Space.Measure))
	}
	return s
}

// end says at which end of its range a number stands. The labels of a choice have no order.
func end(p mechanisms.Param, v float64) string {
	switch {
	case p.Kind == mechanisms.Choice || p.Min == p.Max:
		return ""
	case v <= p.Min:
		return "lowest"
	case v >= p.Max:
		return "highest"
	}
	return ""
}

func scale(p mechanisms.Param) string {
	switch {
	case p.Kind == mechanisms.Choice:
		return "labels"
	case p.Log || p.Kind == mechanisms.Pow2:
		return "ratio"
	}
	return "linear"
}

func meaning(p mechanisms.Param) string {
	if p.Unit == "" {
		return p.Doc
	}
	return strings.TrimPrefix(p.Doc+"; unit: "+p.Unit, "; ")
}

func constraint(c mechanisms.Constraint) string {
	want := "at least"
	if c.Multiple {
		want = "a whole multiple of"
	}
	right := strings.Join(c.Right, " × ")
	if c.Factor != 1 || right == "" {
		right = strings.TrimSuffix(fmt.Sprintf("%g × %s", c.Factor, right), " × ")
	}
	return fmt.Sprintf("%s is %s %s (%s)", strings.Join(c.Left, " × "), want, right, c.Why)
}

func lesson(l mechanisms.Lesson, m mechanisms.Measure) string {
	text := l.Text
	if l.Param != "" {
		text = l.Param + ": " + text
	}
	return fmt.Sprintf("%s (effect %+.4f %s, confidence %.2f)", text, m.Own(l.Effect), m, l.Confidence)
}
