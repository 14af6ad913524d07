// Package counts asks the model for the parameter that was changed least often.
package counts

import (
	"context"
	"maps"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Counts is how often each parameter was changed, by name.
type Counts struct{ Times map[string]int }

// New returns empty Counts.
func New() *Counts { return &Counts{Times: map[string]int{}} }

// Propose asks for the least changed of the free parameters.
func (c *Counts) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	times := maps.Clone(c.Times)
	if times == nil {
		times = map[string]int{}
	}
	before := mechanisms.Incumbents(v.Trials)
	for k, t := range v.Trials {
		for _, i := range v.Space.Changed(before[k].Point, t.Point) {
			times[v.Space.Params[i].Name]++
		}
	}
	total := 0
	for _, n := range times {
		total += n
	}
	least, fewest := "", total+1
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		if q.Levels() == 1 {
			continue
		}
		if n := times[q.Name]; n < fewest {
			least, fewest = q.Name, n
		}
	}
	if least == "" {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	p, err := v.Ask(ctx, mechanisms.Hint{Params: []string{least}})
	if err != nil {
		return v.Ask(ctx, mechanisms.Hint{Text: "names were tried in vain: " + first(slices.Sorted(maps.Keys(times)))})
	}
	return p, nil
}

func first(names []string) string {
	if len(names) == 0 {
		return "none"
	}
	return names[0]
}

// Accept keeps what is better.
func (c *Counts) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe has nothing to learn that the view does not hold.
func (c *Counts) Observe(t mechanisms.Trial) {}
