package store

// A Tenure is the time that one mechanism was in charge, with what it did. The influence it counts is measured against its
// shadow, the mechanism it replaced, asked the same questions on the same views and random streams.
type Tenure struct {
	Mechanism string `json:"mechanism"`
	Shadow    string `json:"shadow,omitempty"`
	From      int    `json:"from"`      // Seq of its first proposal
	Proposals int    `json:"proposals"` // it made
	Decisions int    `json:"decisions"` // it took

	// Compared counts the proposals, prunings and verdicts whose counterpart is known, Differed those of them where it is another.
	// Unasked counts those of the differing proposals for which the shadow would have asked the paid model something else
	// than was asked, so that its point is not known. Where the shadow failed nothing is counted.
	Compared int `json:"compared"`
	Differed int `json:"differed"`
	Unasked  int `json:"unasked"`
	// Gain is the bits per byte by which the incumbent fell by trials it proposed and kept; 0 or more unless it keeps what is worse.
	Gain float64 `json:"gain"`
}

// Tenures returns the times of charge in order, the one that lasts still at the end. The baseline belongs to no one: it is
// the default point.
func (s *Store) Tenures() []Tenure {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.fold
	ts := []Tenure{{Mechanism: f.meta.Mechanism, From: 1}}
	for _, x := range f.switches {
		ts = append(ts, Tenure{Mechanism: x.To, Shadow: x.Shadow, From: x.Seq})
	}
	for seq := 1; seq < len(f.proposals); seq++ {
		ts[f.proposals[seq].tenure].propose(f.proposals[seq])
	}
	for seq := 1; seq < len(f.decisions); seq++ {
		ts[f.decisions[seq].tenure].decide(f.decisions[seq])
	}
	f.gains(ts)
	return ts
}

func (t *Tenure) propose(p proposal) {
	t.Proposals++
	shadow := p.Start.Shadow
	switch {
	case shadow == nil || shadow.Error != "":
		return
	case shadow.Unasked:
		t.Unasked++
	}
	t.compare(shadow.Unasked || !shadow.Point.Equal(p.Start.Proposal.Point))
}

func (t *Tenure) decide(d decision) {
	t.Decisions++
	if d.ShadowKept != nil && d.ShadowError == "" {
		t.compare(*d.ShadowKept != d.Kept)
	}
	if d.Pruning != nil {
		t.compare(d.Pruning.Is != d.Pruning.Was)
	}
}

func (t *Tenure) compare(differs bool) {
	t.Compared++
	if differs {
		t.Differed++
	}
}

// gains credits each fall of the incumbent's value to whoever proposed the trial.
func (f *fold) gains(ts []Tenure) {
	last, restarts := -1, f.restarts
	for _, t := range f.trials {
		if len(restarts) > 0 && restarts[0].Seq == t.Seq {
			last, restarts = restarts[0].From, restarts[1:]
		}
		if !t.Kept {
			continue
		}
		if last >= 0 {
			ts[f.proposals[t.Seq].tenure].Gain += f.trials[last].BPB - t.BPB
		}
		last = t.Seq
	}
}
