package gen

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/provenance"
)

// The runner of a mechanism that was sent back and mended tells the whole story, and what it tells is what is recorded.
func TestTheRunnerTellsWhereItsMechanismComesFrom(t *testing.T) {
	inv := invent(t, simulation(t, "hostile:mend"), occasion(10))
	if inv.Outcome != Ready || len(inv.Refused) != 1 {
		t.Fatalf("outcome %s with %d refusals, want ready after 1", inv.Outcome, len(inv.Refused))
	}
	out, err := exec.Command(inv.Path, "provenance").Output()
	if err != nil {
		t.Fatal(err)
	}
	a, err := provenance.Decode(out)
	if err != nil {
		t.Fatal(err)
	}
	if a.Name != inv.Name || a.Hash != inv.Hash || a.Source != inv.Source || a.Parent == nil || a.Parent.Name != "greedy" {
		t.Errorf("it tells of %s (%.12s) after %+v, want %s (%.12s) after greedy, with its source", a.Name, a.Hash, a.Parent, inv.Name, inv.Hash)
	}
	if len(a.Gates) != 3 || a.Gates[2].Name != "vet" {
		t.Errorf("gates passed before the build: %v, want parse, typecheck and vet", a.Gates)
	}
	w := a.Written
	if w == nil {
		t.Fatal("it does not tell the occasion")
	}
	if w.Spec != inv.Spec || !bytes.Equal(w.Dialogue, inv.Dialogue) {
		t.Errorf("spec and dialogue are\n%s\n%s\nwant those recorded:\n%s\n%s", w.Spec, w.Dialogue, inv.Spec, inv.Dialogue)
	}
	if w.Seed != 1 || w.Cycle != 1 || w.Trials != 11 || w.Space != "test" {
		t.Errorf("occasion %+v, want seed 1, cycle 1, 11 trials, space test", w)
	}
	if len(w.Refused) != 1 || w.Refused[0].Hash != inv.Refused[0].Hash || words(w.Refused[0].Findings) != words(inv.Refused[0].Findings) {
		t.Errorf("sent back: %+v, want %+v", w.Refused, inv.Refused)
	}
	var record struct{ Toolchain, Snapshot string }
	if err := json.Unmarshal(inv.Build, &record); err != nil {
		t.Fatal(err)
	}
	if a.Toolchain != record.Toolchain || a.Snapshot != record.Snapshot {
		t.Errorf("built with %s from %.12s, want %s from %.12s", a.Toolchain, a.Snapshot, record.Toolchain, record.Snapshot)
	}
}
