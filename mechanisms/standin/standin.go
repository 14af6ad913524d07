// Package standin stands where the inner language model would: it answers Suggest with a random change of one parameter that
// honours the hint. It is not a language model and has none of a model's habits; it lets conformance checks, rehearsals and
// benchmarks run with no endpoint, and the same way every time.
package standin

import (
	"context"
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// By is what it writes in Proposal.By, as the model's answers have it.
const By = "model"

// The size of a change is log-uniform between these shares of the parameter's range.
const (
	smallest = 0.03
	largest  = 0.4
)

// attempts bounds the search for a change that the hint, the space and its constraints allow.
const attempts = 300

// Suggest returns the stand-in for the decision v. The answer to the n-th call depends only on seed, v and the hint, so the
// same decision asked again, of the same mechanism or of another, hears the same answers. It prefers points that were not
// tried; when the hint leaves no other it repeats one, as a model would. It errs, with ErrNoAnswer, when the hint leaves nothing to change.
func Suggest(v mechanisms.View, seed uint64) mechanisms.Suggest {
	return answers(v, seed, "standin", answer)
}

// answers gives every call a random stream of its own, which depends on nothing else.
func answers(v mechanisms.View, seed uint64, name string, one func(mechanisms.View, mechanisms.Hint) (mechanisms.Proposal, error)) mechanisms.Suggest {
	calls := 0
	return func(ctx context.Context, h mechanisms.Hint) (mechanisms.Proposal, error) {
		calls++
		if err := ctx.Err(); err != nil {
			return mechanisms.Proposal{}, err
		}
		drawn := v
		drawn.Rand = mechanisms.Stream(seed, v.Seq, fmt.Sprint(name, " ", calls))
		return one(drawn, h)
	}
}

func answer(v mechanisms.View, h mechanisms.Hint) (mechanisms.Proposal, error) {
	base, open, err := narrow(v, h)
	if err != nil {
		return mechanisms.Proposal{}, err
	}
	var repeat mechanisms.Point
	for range attempts {
		i := open[v.Rand.IntN(len(open))]
		size := smallest * math.Pow(largest/smallest, v.Rand.Float64())
		p := v.Nudge(base, i, size)
		dir := v.Space.Params[i].Direction(base[i], p[i])
		if p[i] == base[i] || h.Direction != 0 && dir != 0 && dir != h.Direction || v.Allows(p) != nil {
			continue
		}
		if !v.Tried(p) {
			return proposal(v, p), nil
		}
		if repeat == nil {
			repeat = p
		}
	}
	if repeat == nil {
		return mechanisms.Proposal{}, fmt.Errorf("%w: no allowed change of %v in direction %+d after %d attempts; widen the hint", mechanisms.ErrNoAnswer, h.Params, h.Direction, attempts)
	}
	return proposal(v, repeat), nil
}

// narrow returns the point to change and the free parameters that the hint leaves.
func narrow(v mechanisms.View, h mechanisms.Hint) (mechanisms.Point, []int, error) {
	base := v.Incumbent.Point
	if h.From != nil {
		if err := v.Space.Inside(h.From); err != nil {
			return nil, nil, fmt.Errorf("%w: Hint.From is no point of the space: %w", mechanisms.ErrNoAnswer, err)
		}
		base = h.From.Clone()
	}
	var open []int
	for i, q := range v.Space.Params {
		if v.Frozen(i) {
			base = base.With(i, v.Incumbent.Point[i])
		} else if len(h.Params) == 0 || slices.Contains(h.Params, q.Name) {
			open = append(open, i)
		}
	}
	for _, name := range h.Params {
		if v.Space.Index(name) < 0 {
			return nil, nil, fmt.Errorf("%w: Hint.Params has %q, want names of space %s: %v", mechanisms.ErrNoAnswer, name, v.Space.Name, v.Space.Names())
		}
	}
	if len(open) == 0 {
		return nil, nil, fmt.Errorf("%w: every parameter of Hint.Params %v is frozen; name free ones", mechanisms.ErrNoAnswer, h.Params)
	}
	return base, open, nil
}

func proposal(v mechanisms.View, p mechanisms.Point) mechanisms.Proposal {
	return mechanisms.Proposal{Point: p, Why: "stand-in: " + v.Space.Diff(v.Incumbent.Point, p), By: By}
}
