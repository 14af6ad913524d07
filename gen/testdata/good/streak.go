// Package streak repeats the direction of a success, and turns to the model when it ends.
package streak

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type move struct {
	Param int
	Dir   int
	Size  float64
}

// Streak's state is the last success and the run of failures since.
type Streak struct {
	Moves    []move
	Failures int
	Before   []float64
	Notes    [4]string
}

func New() *Streak { return &Streak{} }

func (s *Streak) Propose(ctx context.Context, v mechanisms.View) (prop mechanisms.Proposal, err error) {
	defer func() {
		if err == nil && prop.Why == "" {
			prop.Why = "no reason given"
		}
	}()
	if s.Failures == 0 && len(s.Moves) > 0 {
		p := v.Incumbent.Point.Clone()
		var words []string
	moves:
		for _, mv := range s.Moves {
			switch {
			case mv.Param >= len(p):
				break moves
			case v.Frozen(mv.Param):
				continue moves
			}
			q := v.Space.Params[mv.Param]
			p[mv.Param] = q.Move(p[mv.Param], mv.Dir, mv.Size)
			words = append(words, q.Name)
		}
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: "again " + strings.Join(words, " and ")}, nil
		}
	}
	answer, err := v.Ask(ctx, mechanisms.Hint{Text: fmt.Sprintf("%d failures since the last success", s.Failures)})
	if errors.Is(err, mechanisms.ErrNoAnswer) {
		return answer, fmt.Errorf("streak: %w", err)
	}
	return answer, err
}

func (s *Streak) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	return t.Better(v.Incumbent)
}

func (s *Streak) Observe(t mechanisms.Trial) {
	if !t.Kept {
		s.Failures++
		return
	}
	s.Failures = 0
	s.Moves = s.Moves[:0]
	if len(s.Before) == len(t.Point) {
		for i, x := range t.Point {
			if x > s.Before[i] {
				s.Moves = append(s.Moves, move{i, 1, 0.1})
			} else if x < s.Before[i] {
				s.Moves = append(s.Moves, move{i, -1, 0.1})
			}
		}
	}
	s.Before = append(s.Before[:0], t.Point...)
	s.Notes[t.Seq%4] = t.Why
}
