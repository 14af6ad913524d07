package memory

import (
	"github.com/seed161a02ea/bilevel/harness/store"
)

// Made returns the mechanisms that a model wrote in a run and that passed the gates, each with what it did there. Figures are
// the caller's to add.
func Made(s *store.Store, r Run) []Mechanism {
	var all []Mechanism
	tenures := s.Tenures()
	for _, m := range s.Mechanisms() {
		if m.Status != store.Ready || m.Hash == "" {
			continue
		}
		d := Deed{Run: r.ID, Dir: r.Dir, Task: r.Scope.Task, Parent: m.Parent, Baseline: r.Trials[0].BPB, Measure: r.Space.Measure}
		parent := 0.0
		for _, t := range tenures {
			switch t.Mechanism {
			case m.Name:
				d.Proposals += t.Proposals
				d.Compared += t.Compared
				d.Differed += t.Differed
				d.Gain += t.Gain
			case m.Parent:
				d.ParentTrials += t.Proposals
				parent += t.Gain
			}
		}
		d.PerTrial, d.ParentTrial = each(d.Gain, d.Proposals), each(parent, d.ParentTrials)
		d.Fate, d.Why = fate(s.Switches(), m.Name)
		all = append(all, Mechanism{Hash: m.Hash, Name: m.Name, Idea: m.Idea, Source: m.Source, Simulated: r.Scope.Simulated, Deeds: []Deed{d}})
	}
	return all
}

func each(sum float64, n int) float64 {
	if n == 0 {
		return 0
	}
	return sum / float64(n)
}

// fate is what had become of a mechanism at the end.
func fate(switches []store.Switch, name string) (word, why string) {
	word = "in charge at the end"
	for _, x := range switches {
		switch {
		case x.To == name:
			word, why = "in charge at the end", ""
		case x.From != name:
		case x.Kind == store.HandOver:
			word, why = "replaced by the next", ""
		case x.Kind == store.Retire:
			word, why = Retired, x.Why
		default:
			word, why = Quarantined, x.Why
		}
	}
	return word, why
}
