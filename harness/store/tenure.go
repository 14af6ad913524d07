package store

import "github.com/seed161a02ea/bilevel/harness/ledger"

// A Tenure is one time that a mechanism was in charge, with what it did. A mechanism that comes back has another.
type Tenure struct {
	Mechanism string `json:"mechanism"`
	Shadow    string `json:"shadow,omitempty"` // asked beside it; empty for none
	From      int    `json:"from"`             // Seq of its first proposal
	Proposals int    `json:"proposals"`        // it made
	Decisions int    `json:"decisions"`        // it took

	Influence ledger.Influence `json:"influence"` // beside Shadow; all zero without one
	// Gain is the bits per byte by which the incumbent fell by trials it proposed; below 0 only if worse ones were kept.
	Gain float64 `json:"gain"`
}

// Tenures returns the times of charge in order, the one that lasts still at the end. The baseline belongs to no one: it is
// the default point.
func (s *Store) Tenures() []Tenure {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	ts := []Tenure{{Mechanism: f.meta.Mechanism, From: 1, Influence: ledger.Influence{Mechanism: f.meta.Mechanism}}}
	for _, x := range f.switches {
		ts = append(ts, Tenure{Mechanism: x.To, Shadow: x.Shadow, From: x.Seq, Influence: ledger.Influence{Mechanism: x.To, Replaced: x.Shadow}})
	}
	for seq := 1; seq < len(f.proposals); seq++ {
		p := f.proposals[seq]
		ts[p.tenure].Proposals++
		ts[p.tenure].Influence.Proposed(p.Start)
	}
	for seq := 1; seq < len(f.decisions); seq++ {
		d := f.decisions[seq]
		ts[d.tenure].Decisions++
		ts[d.tenure].Influence.Decided(d.ShadowKept, d.Kept, d.ShadowError != "")
	}
	f.gains(ts)
	return ts
}

// gains credits each fall of the incumbent's value to whoever proposed the trial.
func (f *fold) gains(ts []Tenure) {
	last := -1
	for _, t := range f.trials {
		if !t.Kept {
			continue
		}
		if last >= 0 {
			ts[f.proposals[t.Seq].tenure].Gain += f.trials[last].BPB - t.BPB
		}
		last = t.Seq
	}
}
