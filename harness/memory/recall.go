package memory

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// MaxLessons is how many lessons a run is told at most: a screenful, so that the trials of the run itself stay what a prompt
// is about.
const MaxLessons = 8

// leastConfidence is what a lesson must have to be told at all.
const leastConfidence = 0.1

// Recalled is a lesson as a run is told it.
type Recalled struct {
	ID     string            `json:"id"`
	Lesson mechanisms.Lesson `json:"lesson"`
	Like   float64           `json:"like"` // factor in its confidence for coming from another task, space or machine; 1 from the same
}

// Recall returns the lessons that a run in this scope and space is told: at most MaxLessons, the most promising first. Promise
// is confidence times the share of the value that the effect is of, as the mechanism that acts on lessons ranks them; by
// confidence and then ID where that is equal. Of lessons by rule and by models that say one thing (helped, hurt, nothing) of
// one parameter and direction, or label, only the surest is told; of a person's of one parameter and direction likewise. None
// is told of a parameter that the space does not have in that kind. What is told follows from the file and the arguments alone.
func (m *Memory) Recall(w Scope, space mechanisms.Space) ([]Recalled, error) {
	all, err := m.Lessons()
	if err != nil {
		return nil, err
	}
	kinds, err := m.kinds()
	if err != nil {
		return nil, err
	}
	type ranked struct {
		Recalled
		promise float64
		fact    string
	}
	var hits []ranked
	for _, l := range all {
		if l.Kind == ByPerson {
			l.Scope.Simulated = w.Simulated // a person's word is nobody's simulation
		}
		like := l.Scope.Like(w)
		if !fits(l, space, kinds) {
			continue
		}
		l.Confidence *= like
		if l.Confidence < leastConfidence {
			continue
		}
		if l.Kind == ByRule && like < 1 {
			l.Text += fmt.Sprintf(" (Seen on %s.)", l.Scope.Task)
		}
		base := l.baseline
		if base == 0 {
			base = 1
		}
		hits = append(hits, ranked{Recalled{ID: l.ID, Lesson: l.Lesson, Like: like}, l.Confidence * (1e-6 + math.Abs(l.Effect/base)), said(l)})
	}
	slices.SortFunc(hits, func(a, b ranked) int {
		// Of equally sure ones that which a mechanism can act on is told.
		return cmp.Or(cmp.Compare(b.Lesson.Confidence, a.Lesson.Confidence), cmp.Compare(b.Lesson.Direction*b.Lesson.Direction, a.Lesson.Direction*a.Lesson.Direction), cmp.Compare(a.ID, b.ID))
	})
	known := map[string]bool{}
	hits = slices.DeleteFunc(hits, func(h ranked) bool {
		again := h.fact != "" && known[h.fact]
		known[h.fact] = true
		return again
	})
	slices.SortFunc(hits, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(b.promise, a.promise), cmp.Compare(b.Lesson.Confidence, a.Lesson.Confidence), cmp.Compare(a.ID, b.ID))
	})
	var told []Recalled
	for _, h := range hits[:min(len(hits), MaxLessons)] {
		told = append(told, h.Recalled)
	}
	return told, nil
}

// said is equal for lessons of which one is enough; empty for one that has no like. A person's word stands beside what was
// found in trials.
func said(l Lesson) string {
	if l.Kind == ByPerson && l.Direction != 0 {
		return fmt.Sprint("person ", l.Param, l.Direction)
	}
	return l.fact
}

// fits reports whether a lesson's parameter is one of the space, of the kind that it had where the lesson was learnt.
func fits(l Lesson, space mechanisms.Space, kinds map[string]mechanisms.Kind) bool {
	if l.Param == "" {
		return true
	}
	i := space.Index(l.Param)
	if i < 0 {
		return false
	}
	kind, known := kinds[l.Scope.SpaceHash+l.Param]
	return !known || kind == space.Params[i].Kind
}

// kinds returns the kind of every parameter, by the hash of its space and its name.
func (m *Memory) kinds() (map[string]mechanisms.Kind, error) {
	spaces, err := m.spaces()
	if err != nil {
		return nil, err
	}
	all := map[string]mechanisms.Kind{}
	for key, s := range spaces {
		for _, p := range s.Params {
			all[key+p.Name] = p.Kind
		}
	}
	return all, nil
}

// Told returns the lessons of what was recalled, as a View holds them.
func Told(all []Recalled) []mechanisms.Lesson {
	var lessons []mechanisms.Lesson
	for _, r := range all {
		lessons = append(lessons, r.Lesson)
	}
	return lessons
}
