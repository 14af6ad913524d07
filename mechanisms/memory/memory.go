// Package memory begins with what earlier runs taught: it tries the direction of every lesson, the surest and strongest
// first, and turns to the model, with the lessons for advice, when they are used up.
package memory

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// doubt is the confidence below which a lesson is told to the model but not acted on.
const doubt = 0.3

// stride is the first step, as a share of the range; a lesson that holds is followed with the same step again.
const stride = 0.15

// Memory has no state: lessons and trials are in the view.
type Memory struct{}

// New returns a Memory.
func New() *Memory { return &Memory{} }

// Propose follows the best lesson that this run has not contradicted, or asks the model.
func (*Memory) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	for _, l := range ranked(v.Lessons) {
		i := v.Space.Index(l.Param)
		if i < 0 || v.Frozen(i) || l.Direction == 0 || l.Confidence < doubt || contradicted(v, i, l.Direction) {
			continue
		}
		p := v.Incumbent.Point.With(i, v.Space.Params[i].Move(v.Incumbent.Point[i], l.Direction, stride))
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("an earlier run taught: %s (%s)", l.Text, v.Space.Diff(v.Incumbent.Point, p))}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: advice(v.Lessons)})
}

// Accept keeps what is better.
func (*Memory) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn.
func (*Memory) Observe(mechanisms.Trial) {}

// ranked returns the lessons by what they promise: confidence times effect, the largest first.
func ranked(lessons []mechanisms.Lesson) []mechanisms.Lesson {
	sorted := slices.Clone(lessons)
	promise := func(l mechanisms.Lesson) float64 { return l.Confidence * (1e-6 + math.Max(0, -l.Effect)) }
	slices.SortStableFunc(sorted, func(a, b mechanisms.Lesson) int {
		switch {
		case promise(a) > promise(b):
			return -1
		case promise(a) < promise(b):
			return 1
		}
		return strings.Compare(a.Param, b.Param)
	})
	return sorted
}

// contradicted reports whether moving the parameter alone in this direction was discarded in this run, or is being tried.
func contradicted(v mechanisms.View, i, dir int) bool {
	moved := func(from, to mechanisms.Point) bool {
		changed := v.Space.Changed(from, to)
		return len(changed) == 1 && changed[0] == i && v.Space.Params[i].Direction(from[i], to[i]) == dir
	}
	before := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if !t.Kept && moved(before[k].Point, t.Point) {
			return true
		}
	}
	return slices.ContainsFunc(v.Pending, func(p mechanisms.Proposal) bool { return moved(v.Incumbent.Point, p.Point) })
}

// advice is the lessons in words, cut to what a hint may hold.
func advice(lessons []mechanisms.Lesson) string {
	text := ""
	for _, l := range ranked(lessons) {
		line := fmt.Sprintf("%s (confidence %.1f) ", l.Text, l.Confidence)
		if len(text)+len(line) > 500 {
			break
		}
		text += line
	}
	return strings.TrimSpace(text)
}
