package anneal

import (
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A typical deterioration is accepted about one time in seven at first and hardly ever after 30 trials; an improvement always.
func TestAcceptsByMetropolissRule(t *testing.T) {
	base := mechanisms.Trial{Point: mechanisms.Point{0}, Status: mechanisms.Complete, BPB: 2, Kept: true}
	v := mechanisms.View{Incumbent: base, Trials: []mechanisms.Trial{base}}
	for range 5 {
		v.Trials = append(v.Trials, mechanisms.Trial{Status: mechanisms.Complete, BPB: 2.1})
	}
	share := func(seq int, bpb float64) float64 {
		n := 0
		for seed := range uint64(4000) {
			v.Rand = mechanisms.Stream(seed, seq, "accept")
			if New().Accept(v, mechanisms.Trial{Seq: seq, Status: mechanisms.Complete, BPB: bpb}) {
				n++
			}
		}
		return float64(n) / 4000
	}
	if got := share(0, 2.1); got < 0.11 || got > 0.16 {
		t.Errorf("a typical deterioration at first: accepted %.3f, want exp(-2) = 0.135", got)
	}
	if got := share(30, 2.1); got > 0.001 {
		t.Errorf("a typical deterioration after 30 trials: accepted %.3f, want hardly ever", got)
	}
	if got := share(30, 1.999); got != 1 {
		t.Errorf("an improvement: accepted %.3f, want always", got)
	}
	v.Trials = v.Trials[:2]
	if got := share(0, 2.0001); got != 0 {
		t.Errorf("before the scale of changes is known: accepted %.3f, want never", got)
	}
}
