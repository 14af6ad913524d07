package store

import (
	"slices"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// View returns the run as a runner that begins or resumes must see it. It shares nothing with the store.
func (s *Store) View() wire.View {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	v := f.view(f.seen())
	if n := len(f.restarts); n > 0 {
		v.Cleared = f.restarts[n-1].Seq
	}
	return v
}

func (f *fold) view(trials []mechanisms.Trial) wire.View {
	v := wire.View{
		RunSeed:   f.meta.Seed,
		Space:     f.meta.Space,
		Incumbent: f.incumbent,
		Trials:    make([]mechanisms.Trial, len(trials)),
		Pending:   []wire.Start{},
		Steer:     f.steering(),
		Lessons:   slices.Clone(f.meta.Lessons),
		Noise:     f.noise(),
		Again:     f.again(),
		Parallel:  f.meta.Parallel,
		Limit:     f.limit,
	}
	for i, t := range trials {
		t.Point, t.Curve = t.Point.Clone(), slices.Clone(t.Curve)
		v.Trials[i] = t
	}
	for _, p := range f.proposals[len(f.trials):] {
		p.Start.Proposal.Point = p.Start.Proposal.Point.Clone()
		v.Pending = append(v.Pending, p.Start)
	}
	return v
}

// State returns the mechanism's and its shadow's state after the last decision, as JSON, and the name of the mechanism that
// made it; nil before the first decision of the run or after a restart.
func (s *Store) State() (mechanism string, state, shadow []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, r := len(s.fold.decisions), s.fold.restarts
	if n == 0 || len(r) > 0 && r[len(r)-1].Seq == n {
		return "", nil, nil
	}
	d := s.fold.decisions[n-1]
	return d.Mechanism, bytesOf(d.State), bytesOf(d.ShadowState)
}

func bytesOf(s string) []byte {
	if s == "" {
		return nil
	}
	return []byte(s)
}
