// Package questions asks the model pointed questions: about one group of tied parameters, in the direction that did well.
package questions

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Questions counts what became of each parameter's moves, up and down.
type Questions struct {
	Turn int `json:"turn"`
}

// New returns Questions with none asked.
func New() *Questions { return &Questions{} }

// direction sums what moves of a parameter did, each against the incumbent of its time.
func direction(v mechanisms.View, i int) int {
	gain := map[int]float64{}
	before := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		if !t.OK() || !before[k].OK() || len(t.Point) <= i || len(before[k].Point) <= i {
			continue
		}
		if d := v.Space.Params[i].Direction(before[k].Point[i], t.Point[i]); d != 0 {
			gain[d] += before[k].BPB - t.BPB
		}
	}
	switch up, down := gain[+1], gain[-1]; {
	case up > 0 && up > down:
		return +1
	case down > 0 && down > up:
		return -1
	}
	return 0
}

// atEnd reports whether a parameter cannot move in a direction.
func atEnd(v mechanisms.View, i, dir int) bool {
	q := v.Space.Params[i]
	return dir != 0 && q.Move(v.Incumbent.Point[i], dir, 0.1) == v.Incumbent.Point[i]
}

// Propose asks about the next group, with a summary of what is known of it.
func (m *Questions) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	free := v.Free()
	if len(free) == 0 {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	i := free[m.Turn%len(free)]
	dir := direction(v, i)
	if atEnd(v, i, dir) {
		dir = 0
	}
	group := v.Space.Tied(i)
	var b strings.Builder
	fmt.Fprintf(&b, "Look at %s. ", strings.Join(group, " and "))
	if dir != 0 {
		b.WriteString("Going on in the direction that lowered the value before may pay. ")
	}
	if best := v.Best(); best.OK() {
		fmt.Fprintf(&b, "The best so far is %.4f.", best.BPB)
	}
	h := mechanisms.Hint{Text: b.String(), Params: group}
	if len(group) == 1 {
		h.Direction = dir
	}
	p, err := v.Ask(ctx, h)
	switch {
	case errors.Is(err, mechanisms.ErrNoAnswer):
		return p, fmt.Errorf("question %d about %s: %w", m.Turn, group[0], err)
	case err != nil:
		return p, err
	}
	return p, nil
}

// Accept keeps what is better by more than the noise explains.
func (m *Questions) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe takes the next turn.
func (m *Questions) Observe(t mechanisms.Trial) { m.Turn++ }
