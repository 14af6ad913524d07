package loop

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A player is a mechanism in a run, with a guard around each of its calls: a panic becomes an error, and Propose, Accept
// and Prune are held to leaving the state as it was.
type player struct {
	entry mechanisms.Entry
	m     mechanisms.Mechanism
	state []byte // JSON of m, as it was after the last Observe
}

// A failure says which call of a mechanism went wrong, and how.
type failure struct {
	call string
	err  error
}

func (f *failure) Error() string { return f.call + ": " + f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// newPlayer makes a mechanism, from its stored state if there is one, else by showing it the trials.
func newPlayer(e mechanisms.Entry, state []byte, trials []mechanisms.Trial) (*player, error) {
	p := &player{entry: e}
	err := guard("load", func() error {
		p.m = e.New()
		if len(state) > 0 {
			return json.Unmarshal(state, p.m)
		}
		for _, t := range trials {
			p.m.Observe(cloneTrial(t))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	p.state, err = p.save()
	return p, err
}

// save returns the state as JSON.
func (p *player) save() (b []byte, err error) {
	err = guard("save", func() error {
		b, err = json.Marshal(p.m)
		return err
	})
	return b, err
}

func (p *player) propose(ctx context.Context, v mechanisms.View) (q mechanisms.Proposal, took time.Duration, err error) {
	took, err = p.pure("Propose", func() (err error) {
		q, err = p.m.Propose(ctx, v)
		return err
	})
	if err != nil {
		return q, took, err
	}
	if err := checkProposal(v, q.Point); err != nil {
		return q, took, &failure{"Propose", err}
	}
	return q, took, nil
}

func (p *player) accept(v mechanisms.View, t mechanisms.Trial) (kept bool, took time.Duration, err error) {
	took, err = p.pure("Accept", func() error {
		kept = p.m.Accept(v, t)
		return nil
	})
	return kept, took, err
}

func (p *player) prune(v mechanisms.View, q mechanisms.Proposal, curve []mechanisms.Sample) (stop bool, err error) {
	pr, ok := p.m.(mechanisms.Pruner)
	if !ok {
		return false, nil
	}
	_, err = p.pure("Prune", func() error {
		stop = pr.Prune(v, q, curve)
		return nil
	})
	return stop, err
}

func (p *player) prunes() bool {
	_, ok := p.m.(mechanisms.Pruner)
	return ok
}

func (p *player) observe(t mechanisms.Trial) (took time.Duration, err error) {
	start := time.Now()
	err = guard("Observe", func() error {
		p.m.Observe(cloneTrial(t))
		return nil
	})
	took = time.Since(start)
	if err != nil {
		return took, err
	}
	p.state, err = p.save()
	return took, err
}

// pure runs a call that must not change the mechanism's state.
func (p *player) pure(call string, f func() error) (time.Duration, error) {
	start := time.Now()
	err := guard(call, f)
	took := time.Since(start)
	after, saveErr := p.save()
	switch {
	case err != nil:
		return took, err
	case saveErr != nil:
		return took, saveErr
	case !bytes.Equal(p.state, after):
		return took, &failure{call, errors.New("changed the mechanism's state; only Observe may")}
	}
	return took, nil
}

// guard turns a panic of f into a failure that names the call and the place of the panic.
func guard(call string, f func() error) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = &failure{call, fmt.Errorf("panic: %v%s", r, panicPlace(debug.Stack()))}
		}
	}()
	if err := f(); err != nil {
		return &failure{call, err}
	}
	return nil
}

// panicPlace finds the first frame below the panic that is a mechanism's.
func panicPlace(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	for i, l := range lines {
		if strings.Contains(l, "bilevel/mechanisms") && i+1 < len(lines) {
			place := strings.TrimSpace(lines[i+1])
			if cut := strings.LastIndex(place, "/"); cut >= 0 {
				place = place[cut+1:]
			}
			place, _, _ = strings.Cut(place, " +")
			return " at " + place
		}
	}
	return ""
}

// checkProposal returns an error unless p is a point of the space that leaves frozen parameters at the incumbent's values.
// Constraints are the supervisor's to check: a point that breaks one is a refused trial, not a fault.
func checkProposal(v mechanisms.View, p mechanisms.Point) error {
	if err := v.Space.Inside(p); err != nil {
		return fmt.Errorf("proposal outside the space: %w", err)
	}
	for i, q := range v.Space.Params {
		if v.Frozen(i) && p[i] != v.Incumbent.Point[i] {
			return fmt.Errorf("proposal changes %s, which is frozen: got %s, want the incumbent's %s", q.Name, q.Format(p[i]), q.Format(v.Incumbent.Point[i]))
		}
	}
	return nil
}

// cloneTrials is cloneTrial of each, with one allocation for all points and one for all curves: a view is made for every call.
// The capacity of each part ends where the next begins, so appending to one leaves the others alone.
func cloneTrials(trials []mechanisms.Trial) []mechanisms.Trial {
	points, samples := 0, 0
	for _, t := range trials {
		points, samples = points+len(t.Point), samples+len(t.Curve)
	}
	values, curves := make([]float64, 0, points), make([]mechanisms.Sample, 0, samples)
	all := slices.Clone(trials)
	for i, t := range all {
		if t.Point != nil {
			from := len(values)
			values = append(values, t.Point...)
			all[i].Point = values[from:len(values):len(values)]
		}
		if all[i].Curve = nil; len(t.Curve) > 0 {
			from := len(curves)
			curves = append(curves, t.Curve...)
			all[i].Curve = curves[from:len(curves):len(curves)]
		}
	}
	return all
}

func cloneTrial(t mechanisms.Trial) mechanisms.Trial {
	t.Point = t.Point.Clone()
	t.Curve = append([]mechanisms.Sample(nil), t.Curve...)
	return t
}
