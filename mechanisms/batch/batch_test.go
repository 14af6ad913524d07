package batch

import (
	"context"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// Four proposals side by side start from one point in parameters of their own; the next batch starts from the best of them.
func TestBatchStartsFromOnePointAndPromotesTheBest(t *testing.T) {
	s := mechanisms.Space{Name: "toy"}
	for i := range 9 {
		s.Params = append(s.Params, mechanisms.Param{Name: string(rune('A' + i)), Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	v := mechanisms.View{Seq: 1, Space: s, Incumbent: base, Trials: []mechanisms.Trial{base}}
	m := New()
	m.Observe(base)
	propose := func() mechanisms.Proposal {
		v.Rand = mechanisms.Stream(1, v.Seq, "propose")
		v.Suggest = standin.Suggest(v, 1)
		p, err := m.Propose(context.Background(), v)
		if err != nil {
			t.Fatal(err)
		}
		p.Seq = v.Seq
		v.Seq++
		return p
	}
	touched := map[int]bool{}
	for line := range size {
		p := propose()
		changed := s.Changed(base.Point, p.Point)
		if len(changed) != 1 || changed[0]%size != line {
			t.Errorf("line %d changed %s from the base, want one of its own parameters", line, s.Diff(base.Point, p.Point))
		}
		touched[changed[0]] = true
		v.Pending = append(v.Pending, p)
	}
	if len(touched) != size {
		t.Errorf("the batch changed parameters %v, want four", touched)
	}
	for k, bpb := range []float64{1.9, 1.7, 1.8, 2.5} { // the first and the second are promoted in turn
		p := v.Pending[0]
		v.Pending = v.Pending[1:]
		tr := mechanisms.Trial{Seq: p.Seq, Point: p.Point, Status: mechanisms.Complete, BPB: bpb}
		if tr.Kept = m.Accept(v, tr); tr.Kept != (k < 2) {
			t.Errorf("trial %d with %v: kept is %v", k+1, bpb, tr.Kept)
		}
		if tr.Kept {
			v.Incumbent = tr
		}
		v.Trials = append(v.Trials, tr)
		m.Observe(tr)
	}
	if !m.Base.Equal(v.Trials[2].Point) {
		t.Errorf("the next batch starts from %v, want the best of the last, %v", m.Base, v.Trials[2].Point)
	}
}
