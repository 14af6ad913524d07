package ablate

import (
	"encoding/json"
	"os"
	"testing"
)

// The shipped examples say what their runs show, by this version's statistics.
func TestTheExamplesSayWhatTheirRunsShow(t *testing.T) {
	for _, name := range []string{"example/result.json", "example/model/result.json"} {
		t.Run(name, func(t *testing.T) { saysWhatItsRunsShow(t, name) })
	}
}

func saysWhatItsRunsShow(t *testing.T, name string) {
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var recorded, again Result
	for _, r := range []*Result{&recorded, &again} {
		if err := json.Unmarshal(body, r); err != nil {
			t.Fatal(err)
		}
	}
	again.Summaries, again.Contrasts, again.Claims = nil, nil, nil
	if err := Analyse(&again); err != nil {
		t.Fatal(err)
	}
	again.Warnings = recorded.Warnings // some are said by what made the result
	if got, want := text(t, again), text(t, recorded); got != want {
		t.Errorf("analysed again, the example says something else than it does: make it anew by the command of its README, or mend the analysis")
	}
	if len(recorded.Runs) != recorded.Planned || len(recorded.Contrasts) < 3 {
		t.Errorf("%d runs of %d and %d contrasts: the example is not whole", len(recorded.Runs), recorded.Planned, len(recorded.Contrasts))
	}
}
