// Package journal keeps a journal by parameter and repeats what was written there as a success, with a larger stride.
package journal

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Line is one move and what became of it.
type Line struct {
	Name   string  `json:"name"`
	Dir    int     `json:"dir"`
	Stride float64 `json:"stride"`
	Result string  `json:"result"` // "kept", "lost" or "failed"
}

// Journal is the last lines, newest last.
type Journal struct {
	Lines []Line `json:"lines"`
}

// New returns an empty Journal.
func New() *Journal { return &Journal{} }

const sign = "journal: "

// write is how a move is told in Why; read understands it.
func write(l Line) string {
	return sign + strings.Join([]string{l.Name, strconv.Itoa(l.Dir), strconv.FormatFloat(l.Stride, 'g', -1, 64)}, " ")
}

func read(why string) (l Line, err error) {
	rest, ok := strings.CutPrefix(why, sign)
	if !ok {
		return l, fmt.Errorf("not of the journal: %q", why)
	}
	parts := strings.Fields(rest)
	if len(parts) != 3 {
		return l, fmt.Errorf("%d parts, want 3", len(parts))
	}
	l.Name = parts[0]
	if l.Dir, err = strconv.Atoi(parts[1]); err != nil {
		return l, err
	}
	l.Stride, err = strconv.ParseFloat(parts[2], 64)
	return l, err
}

// next is the line to try: the newest success with twice the stride, or anything that the journal does not forbid.
func (j *Journal) next(v mechanisms.View) (lines []Line) {
	for _, l := range slices.Backward(j.Lines) {
		if l.Result == "kept" {
			l.Stride = min(2*l.Stride, 0.8)
			lines = append(lines, l)
			break
		}
	}
	for _, i := range v.Free() {
		for _, dir := range []int{+1, -1} {
			name := v.Space.Params[i].Name
			lost := slices.ContainsFunc(j.Lines, func(l Line) bool { return l.Name == name && l.Dir == dir && l.Result != "kept" })
			if !lost {
				lines = append(lines, Line{Name: name, Dir: dir, Stride: 0.1})
			}
		}
	}
	v.Rand.Shuffle(len(lines), func(a, b int) {
		if a > 0 && b > 0 { // the first is the success
			lines[a], lines[b] = lines[b], lines[a]
		}
	})
	return lines
}

// Propose makes the first move that leads to a new point.
func (j *Journal) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	for _, l := range j.next(v) {
		i := v.Space.Index(l.Name)
		if i < 0 || v.Frozen(i) {
			continue
		}
		p := v.Incumbent.Point.With(i, v.Space.Params[i].Move(v.Incumbent.Point[i], l.Dir, l.Stride))
		if v.Allows(p) == nil && !v.Tried(p) {
			return mechanisms.Proposal{Point: p, Why: write(l)}, nil
		}
	}
	return v.Ask(ctx, mechanisms.Hint{Text: "The journal knows no move that is not lost: propose something of another kind."})
}

// Accept keeps what is better.
func (j *Journal) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe writes down what became of a move.
func (j *Journal) Observe(t mechanisms.Trial) {
	l, err := read(t.Why)
	if err != nil {
		return
	}
	switch l.Result = "lost"; {
	case t.Kept:
		l.Result = "kept"
		j.Lines = slices.DeleteFunc(j.Lines, func(old Line) bool { return old.Result != "kept" })
	case !t.OK():
		l.Result = "failed"
	}
	const most = 40
	j.Lines = append(j.Lines, l)
	if len(j.Lines) > most {
		j.Lines = append([]Line(nil), j.Lines[len(j.Lines)-most:]...)
	}
}
