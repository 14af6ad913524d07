package report

import (
	"github.com/seed161a02ea/bilevel/harness/store"
)

// A Ledger is how often a mechanism decided otherwise than the one it replaced, trial by trial. Its last entry equals what
// the store counts over all tenures of the mechanism.
type Ledger struct {
	Mechanism string
	Entries   []Entry
}

// An Entry is the ledger after one trial.
type Entry struct {
	Seq      int
	Compared int // proposals and verdicts so far whose counterpart is known
	Differed int // those of them where it is another
}

// Ledgers returns the ledger of every mechanism that another was asked beside, in the order they came into charge. A
// proposal is counted at its trial by who made it, a verdict at its trial by who took it.
func (r *Run) Ledgers() []Ledger {
	var all []Ledger
	at := map[string]int{}
	for _, t := range r.Tenures {
		if _, known := at[t.Mechanism]; !known && t.Shadow != "" {
			at[t.Mechanism] = len(all)
			all = append(all, Ledger{Mechanism: t.Mechanism})
		}
	}
	for _, d := range r.Details {
		if d.Seq == 0 {
			continue // the baseline belongs to no one
		}
		if i, ok := at[d.Mechanism]; ok {
			all[i].count(d.Seq, proposalCompared(d), proposalDiffers(d))
		}
		if i, ok := at[d.DecidedBy]; ok && d.Decided {
			all[i].count(d.Seq, verdictCompared(d), verdictCompared(d) && *d.ShadowKept != d.Kept)
		}
	}
	return all
}

func proposalCompared(d store.Detail) bool {
	return d.Start.Shadow != nil && d.Start.Shadow.Error == ""
}

func proposalDiffers(d store.Detail) bool {
	s := d.Start.Shadow
	return s != nil && (s.Unasked || !s.Point.Equal(d.Start.Proposal.Point))
}

func verdictCompared(d store.Detail) bool { return d.ShadowKept != nil && d.ShadowError == "" }

// count adds one decision, of trial seq. One that was not compared still shows that the mechanism was in charge.
func (l *Ledger) count(seq int, compared, differed bool) {
	var last Entry
	if n := len(l.Entries); n > 0 {
		last = l.Entries[n-1]
	}
	if last.Seq != seq {
		last.Seq = seq
		l.Entries = append(l.Entries, last)
	}
	e := &l.Entries[len(l.Entries)-1]
	if compared {
		e.Compared++
		if differed {
			e.Differed++
		}
	}
}
