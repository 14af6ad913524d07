package surfaces

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// What is measured in a runner must be what would have been measured here.
func TestAnOrderMeasuresTheSameAfterATripThroughJSON(t *testing.T) {
	e, err := catalog.Find("foldover")
	if err != nil {
		t.Fatal(err)
	}
	order := Order{Families: []string{"steplaw", "gptsim"}, Proposer: "rut", Seeds: []uint64{1 << 63, 7}}
	j, err := json.Marshal(order)
	if err != nil {
		t.Fatal(err)
	}
	var travelled Order
	if err := json.Unmarshal(j, &travelled); err != nil {
		t.Fatal(err)
	}
	got, err := travelled.Measure(e)
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range order.Families {
		f, _ := Find(name)
		want, err := Measure(e, f, standin.Rut, order.Seeds)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got[i].Regrets, want.Regrets) || got[i].Asks != want.Asks {
			t.Errorf("%s: got %v with %v asks, want %v with %v", name, got[i].Regrets, got[i].Asks, want.Regrets, want.Asks)
		}
	}
	for _, wrong := range []Order{{Families: []string{"nope"}, Proposer: "rut"}, {Families: []string{"gptsim"}, Proposer: "nope"}} {
		if _, err := wrong.Measure(e); err == nil || !strings.Contains(err.Error(), "nope") {
			t.Errorf("measured %+v with error %v, want one that names nope", wrong, err)
		}
	}
}

func TestAsksCountsTheMechanismsOwn(t *testing.T) {
	for name, want := range map[string]float64{"greedy": 1, "random": 0} {
		e, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		got, err := Measure(e, Families[0], standin.Rut, []uint64{3})
		if err != nil {
			t.Fatal(err)
		}
		if got.Asks != want {
			t.Errorf("%s asked %v times for each point, want %v", name, got.Asks, want)
		}
	}
}

func TestFiguresOfDifferentSearchesAreNotCompared(t *testing.T) {
	if _, err := Pair(Figures{Regrets: []float64{1, 2}}, Figures{Regrets: []float64{1}}); err == nil {
		t.Error("two searches were compared with one, want an error")
	}
}
