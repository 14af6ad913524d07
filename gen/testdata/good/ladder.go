package ladder

// One coordinate at a time, up the ladder of step sizes: a classic pattern search.

import (
	"context"
	"fmt"

	m "math"

	bl "github.com/seed161a02ea/bilevel/mechanisms"
)

type rung uint8

const (
	fine rung = iota
	medium
	coarse
)

func (r rung) size() float64 {
	switch r {
	case fine:
		return 0.05
	case medium:
		return 0.15
	default:
		return 0.35
	}
}

func (r rung) String() string { return [...]string{"fine", "medium", "coarse"}[min(int(r), 2)] }

// Ladder climbs.
type Ladder struct {
	Rungs map[string]rung `json:"rungs"`
	Last  string          `json:"last"`
	At    bl.Point        `json:"at"`
	Names []string        `json:"names"`
}

// New returns a Ladder on the ground.
func New() *Ladder { return &Ladder{Rungs: map[string]rung{}} }

// Propose takes the next rung of a random parameter.
func (l Ladder) Propose(ctx context.Context, v bl.View) (bl.Proposal, error) {
	if err := ctx.Err(); err != nil {
		return bl.Proposal{}, fmt.Errorf("ladder: %w", err)
	}
	free := v.Free()
	p, fresh := v.Fresh(300, func() bl.Point {
		i := free[v.Rand.IntN(len(free))]
		r, known := l.Rungs[v.Space.Params[i].Name]
		if !known {
			r = coarse
		}
		dir := 1 - 2*v.Rand.IntN(2)
		q := v.Space.Params[i]
		if q.Kind == bl.Choice {
			return v.Nudge(v.Incumbent.Point, i, 1)
		}
		return v.Incumbent.Point.With(i, q.Move(v.Incumbent.Point[i], dir, r.size()*m.Exp2(v.Rand.Float64()-0.5)))
	})
	if !fresh {
		p, _ = v.Fresh(2000, v.Uniform)
	}
	return bl.Proposal{Point: p, Why: "a step on the ladder: " + v.Space.Diff(v.Incumbent.Point, p)}, nil
}

// Accept keeps what is better.
func (Ladder) Accept(v bl.View, t bl.Trial) bool { return t.Better(v.Incumbent) }

// Observe lowers the rung of what was tried in vain.
func (l *Ladder) Observe(t bl.Trial) {
	if t.Kept {
		l.At = t.Point.Clone()
		return
	}
	for i := range l.At {
		if i >= len(t.Point) || t.Point[i] == l.At[i] {
			continue
		}
		name := fmt.Sprintf("p%d", i)
		if r, ok := l.Rungs[name]; ok && r > fine {
			l.Rungs[name] = r - 1
		} else if !ok {
			l.Rungs[name] = medium
		}
	}
}
