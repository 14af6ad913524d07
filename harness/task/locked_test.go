package task

import (
	"strings"
	"testing"
)

func TestLockedParametersKeepTheirDefaults(t *testing.T) {
	locked, whole := tiny(t, func(s *Spec) { s.Locked = []string{"DEPTH", "ASPECT_RATIO"} }), tiny(t, nil)
	if n := len(locked.Space().Params); n != 14 || locked.Space().Index("DEPTH") >= 0 {
		t.Errorf("%d parameters left, want 14 without DEPTH", n)
	}
	p := locked.Space().Default()
	p[locked.Space().Index("MATRIX_LR")] = 0.02
	full := whole.Space().Default()
	full[whole.Space().Index("MATRIX_LR")] = 0.02
	if err := locked.Check(p); err != nil {
		t.Error(err)
	}
	if locked.Content(p, 1) != whole.Content(full, 1) {
		t.Error("the same trial of the locked space and of the whole one has two contents")
	}
	if a, b := train(t, locked, p, 1), train(t, whole, full, 1); a.BPB != b.BPB {
		t.Errorf("trained, it gives %v in the locked space and %v in the whole one", a.BPB, b.BPB)
	}
	if locked.Space().Hash() == whole.Space().Hash() {
		t.Error("the locked space passes for the whole one")
	}
}

func TestWhatCannotBeLockedIsSaid(t *testing.T) {
	for name, want := range map[string]string{"DEPHT": "want one of the 16", "TOTAL_BATCH_SIZE": "stands in a constraint"} {
		if _, err := lock(Sizes[1].Space, []string{name}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("locking %s: %v, want an error with %q", name, err, want)
		}
	}
}
