package store

import "github.com/seed161a02ea/bilevel/harness/ledger"

// Influence returns what every mechanism of the run that was asked beside another has changed so far, in the order in which
// they came into charge.
func (s *Store) Influence() []ledger.Influence {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	var all []ledger.Influence
	of := map[string]int{}
	for _, x := range f.switches {
		if _, known := of[x.To]; !known && x.Shadow != "" {
			of[x.To] = len(all)
			all = append(all, ledger.Influence{Mechanism: x.To, Replaced: x.Shadow})
		}
	}
	for _, p := range f.proposals {
		if i, ok := of[p.Mechanism]; ok {
			all[i].Proposed(p.Start)
		}
	}
	for _, d := range f.decisions {
		if i, ok := of[d.Mechanism]; ok {
			all[i].Decided(d.ShadowKept, d.Kept, d.ShadowError != "")
		}
	}
	return all
}

// Gain returns by how many bits per byte the incumbent fell while a mechanism was in charge; more is better.
func (s *Store) Gain(mechanism string) float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	gain, incumbent := 0.0, -1
	for k, t := range f.trials {
		if !t.Kept {
			continue
		}
		if incumbent >= 0 && f.decisions[k].Mechanism == mechanism {
			gain += f.trials[incumbent].BPB - t.BPB
		}
		incumbent = k
	}
	return gain
}
