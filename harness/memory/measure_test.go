package memory

import (
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// What a run measures has its own name and sign for people and models; the memory itself reckons lower is better.
func TestWhatWasMeasuredKeepsItsNameAndSign(t *testing.T) {
	m := opened(t)
	r := lived("a", here(), trace(up))
	r.Space.Measure = mechanisms.Measure{Name: "val_acc", Higher: true}
	r.Scope.SpaceHash = r.Space.Hash()
	_, err := m.Learn(r)
	must(t, err)
	all, err := m.Lessons()
	if err != nil || len(all) == 0 || all[0].Measure != r.Space.Measure || all[0].Measure.Own(all[0].Effect) != -all[0].Effect {
		t.Errorf("lessons %+v (%v), want them to be of val_acc", all, err)
	}

	x := made("h1", "good", 0.3)
	x.Deeds[0].Measure, x.Deeds[0].Baseline = r.Space.Measure, -0.8
	for _, want := range []string{"changed the incumbent by +0.0050 val_acc (higher is better)", "changed the incumbent by +0.0040 val_acc (higher is better)"} {
		if !strings.Contains(x.Words(), want) {
			t.Errorf("words %q, want %q in them", x.Words(), want)
		}
	}
	idle := x
	idle.Deeds = []Deed{x.Deeds[0]}
	idle.Deeds[0].PerTrial = idle.Deeds[0].ParentTrial
	if x.promise() <= idle.promise() {
		t.Errorf("one that gained more than its parent promises %v, one that did not %v", x.promise(), idle.promise())
	}
}
