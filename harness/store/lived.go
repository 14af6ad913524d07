package store

import "github.com/seed161a02ea/bilevel/mechanisms"

// A Lived is a decided trial, with what is on record of who made it.
type Lived struct {
	mechanisms.Trial
	Mechanism string // in charge when it was proposed
	Same      bool   // the mechanism replaced would have proposed the same point
	Known     bool   // an earlier trial was the same to the byte, so that its outcome was known before
}

// Lived returns the decided trials of the whole record in Seq order, the baseline left out: it is the default point, and
// belongs to no mechanism.
func (s *Store) Lived() []Lived {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	var all []Lived
	seen := map[string]bool{} // by content
	for seq, t := range f.trials {
		p, o := f.proposals[seq], f.outcomes[seq]
		shadow := p.Start.Shadow
		t.Point = t.Point.Clone()
		all = append(all, Lived{
			Trial: t, Mechanism: p.Mechanism, Known: seen[o.Content],
			Same: shadow != nil && shadow.Error == "" && !shadow.Unasked && shadow.Point.Equal(p.Start.Proposal.Point),
		})
		if o.Deterministic() {
			seen[o.Content] = true
		}
	}
	return all[min(1, len(all)):]
}
