package loop

import (
	"reflect"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// What a mechanism does to the trials it is shown must reach neither the record nor another trial.
func TestClonedTrialsShareNothing(t *testing.T) {
	trials := func() []mechanisms.Trial {
		return []mechanisms.Trial{
			{Seq: 0, Point: mechanisms.Point{1, 2}, Curve: []mechanisms.Sample{{Fraction: 0.5, BPB: 3}}},
			{Seq: 1},
			{Seq: 2, Point: mechanisms.Point{3, 4}, Curve: []mechanisms.Sample{{Fraction: 0.5, BPB: 2}, {Fraction: 1, BPB: 1}}},
		}
	}
	recorded := trials()
	cloned := cloneTrials(recorded)
	for i, c := range cloned {
		if one := cloneTrial(recorded[i]); !reflect.DeepEqual(c, one) {
			t.Fatalf("trial %d cloned with the others is %+v, by itself %+v", i, c, one)
		}
	}
	for i := range cloned {
		cloned[i].Seq = -1
		for k := range cloned[i].Point {
			cloned[i].Point[k] = -1
		}
		cloned[i].Point = append(cloned[i].Point, -1)
		cloned[i].Curve = append(cloned[i].Curve, mechanisms.Sample{BPB: -1})
		if rest := cloned[i+1:]; !reflect.DeepEqual(rest, cloneTrials(trials()[i+1:])) {
			t.Errorf("trials after %d are %+v once it was changed, want them as they were", i, rest)
		}
	}
	if !reflect.DeepEqual(recorded, trials()) {
		t.Errorf("the recorded trials are %+v once clones were changed, want %+v", recorded, trials())
	}
}
