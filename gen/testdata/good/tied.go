// Package tied moves parameters that a constraint ties together at once, so that no proposal is refused for the tie.
package tied

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Tied counts the trials for the turn.
type Tied struct {
	Turn int
}

// New returns a Tied.
func New() *Tied { return &Tied{} }

// groups are the sets of free parameters that constraints tie, each once, and the others alone.
func groups(v mechanisms.View) [][]int {
	var all [][]int
	seen := map[int]struct{}{}
	for _, i := range v.Free() {
		if _, done := seen[i]; done {
			continue
		}
		var group []int
		for _, name := range v.Space.Tied(i) {
			if k := v.Space.Index(name); k >= 0 && !v.Frozen(k) {
				group = append(group, k)
				seen[k] = struct{}{}
			}
		}
		all = append(all, group)
	}
	slices.SortStableFunc(all, func(a, b []int) int { return len(b) - len(a) })
	return all
}

// moves are the ways to move a group: all up, all down, the first up and the rest down, and so on.
func moves(n int) (all [][]int) {
	n = min(n, 4)
	for code := 0; code < 1<<n; code++ {
		move := make([]int, n)
		for k := range move {
			move[k] = 1 - 2*(code>>k&1)
		}
		all = append(all, move)
	}
	return
}

// Propose moves one group after the other.
func (m *Tied) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	all := groups(v)
	for k := range all {
		group := all[(m.Turn+k)%len(all)]
		options := moves(len(group))
		for _, at := range v.Rand.Perm(len(options)) {
			p, names := v.Incumbent.Point.Clone(), []string(nil)
			for k, dir := range options[at] {
				q := v.Space.Params[group[k]]
				p[group[k]] = q.Move(p[group[k]], dir, 0.15)
				names = append(names, fmt.Sprintf("%s %+d", q.Name, dir))
			}
			if v.Allows(p) == nil && !v.Tried(p) {
				return mechanisms.Proposal{Point: p, Why: "together: " + strings.Join(names, ", ")}, nil
			}
		}
	}
	return v.Ask(ctx, mechanisms.Hint{})
}

// Accept keeps what is better.
func (m *Tied) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe takes the next turn.
func (m *Tied) Observe(t mechanisms.Trial) { m.Turn++ }
