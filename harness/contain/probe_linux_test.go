package contain

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestProbeFindsThatEverythingIsInForce(t *testing.T) {
	inside(t, held) // skips where a wall is missing
	r, err := Probe(context.Background(), self(t))
	if err != nil {
		t.Fatal(err)
	}
	if !r.Whole() || !slices.Equal(r.Walls, Walls()) || !strings.Contains(r.String(), "contained by limits, no privileges, Landlock ABI ") {
		t.Errorf("%+v: %s; want all walls in force and nothing open", r, r)
	}
}

// The tool may not start behind a wall: an unknown kernel, or libraries in unusual places. It is left out, and told.
func TestProbeLeavesOutAWallBehindWhichTheToolDoesNotStart(t *testing.T) {
	inside(t, held)
	// A script needs /bin/sh, which Landlock does not show it, and this one does not want seccomp.
	script := filepath.Join(t.TempDir(), "tool")
	text := fmt.Sprintf("#!/bin/sh\ncase \"$*\" in *'--wall seccomp'*) echo cannot be >&2; exit 125;; esac\nexec %s \"$@\"\n", self(t))
	if err := os.WriteFile(script, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	r, err := Probe(context.Background(), script)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(r.Walls, []Wall{Limits, Privileges}) || len(r.Missing) != 2 || !strings.Contains(r.Missing[1].Why, "cannot be") {
		t.Errorf("%+v, want limits and privileges in force, Landlock and seccomp missing with what the tool said", r)
	}
	if !slices.Contains(r.Open, "read files") || r.Whole() {
		t.Errorf("open: %v; want it to say that files can be read", r.Open)
	}
}

func TestAToolThatDoesNotAnswerIsAnError(t *testing.T) {
	inside(t, held)
	if r, err := Probe(context.Background(), "/bin/false"); err == nil {
		t.Errorf("%+v, want an error", r)
	}
}
