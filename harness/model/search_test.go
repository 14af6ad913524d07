package model

import (
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A parameter that can only go one way is marked so: a model that does not see it proposes what the range forbids.
func TestSearchMarksTheEndsOfRanges(t *testing.T) {
	space := mechanisms.Space{Params: []mechanisms.Param{
		{Name: "LOW", Kind: mechanisms.Pow2, Min: 256, Max: 1024, Default: 512},
		{Name: "HIGH", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
		{Name: "BETWEEN", Kind: mechanisms.Int, Min: 1, Max: 3, Default: 1},
		{Name: "LABEL", Kind: mechanisms.Choice, Max: 1, Choices: []string{"a", "b"}},
		{Name: "ONLY", Kind: mechanisms.Int, Min: 2, Max: 2, Default: 2},
	}}
	f := Facts{Space: space, Incumbent: 1, Trials: []mechanisms.Trial{
		{Seq: 0, Point: space.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true},
		{Seq: 1, Point: mechanisms.Point{256, 1, 2, 0, 2}, Status: mechanisms.Complete, BPB: 1, Kept: true},
	}}
	for i, want := range []string{"lowest", "highest", "", "", ""} {
		if p := f.Search("a task").Params[i]; p.End != want {
			t.Errorf("%s = %s (%s) is marked %q, want %q", p.Name, p.Now, p.Values, p.End, want)
		}
	}
}

// A prompt whose table was cut says so: a model that is told of every trial, and sees one, takes the rest for lost.
func TestAClearedHistoryIsSaid(t *testing.T) {
	v := wire.View{Cleared: 7}
	if got := FactsOf(v, 8).Search("a task").Cleared; got != 7 {
		t.Errorf("cleared before trial %d, want 7", got)
	}
}
