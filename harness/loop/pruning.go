package loop

import (
	"slices"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// pruning reports whether anybody here would stop a trial early.
func (s *session) pruning() bool { return s.current.prunes() || s.shadow != nil && s.shadow.prunes() }

// stops is the share of its budget after which p would stop a trial with this learning curve, 0 where it lets it run.
func (s *session) stops(p *player, q mechanisms.Proposal, curve []mechanisms.Sample) (float64, error) {
	for k := range curve {
		stop, err := p.prune(s.viewFor(q.Seq, "prune", nil), q, slices.Clone(curve[:k+1]))
		if err != nil {
			return 0, err
		}
		if stop {
			return curve[k].Fraction, nil
		}
	}
	return 0, nil
}

// comparePruning asks the replaced mechanism where it would have stopped a trial, by the curve that the one in charge was
// shown. A trial that ended in another way has no whole curve on record, and is not compared.
func (s *session) comparePruning(d *wire.Decide, q mechanisms.Proposal, t mechanisms.Trial) {
	pruned := t.Status == mechanisms.Pruned
	if s.shadow == nil || !s.pruning() || !s.incumbent().OK() || !t.OK() && !pruned || len(t.Curve) == 0 {
		return
	}
	was, err := s.stops(s.shadow, q, t.Curve)
	if err != nil {
		d.ShadowError = err.Error()
		return
	}
	c := wire.Pruning{Was: was}
	if pruned {
		c.Is = t.Curve[len(t.Curve)-1].Fraction
	}
	d.Pruning = &c
}
