package gpt_test

import (
	"flag"
	"fmt"
	"math"
	"os"
	"sort"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

var update = flag.Bool("update", false, "add the results of new numerics to testdata/golden.txt")

// TestResultsChangeOnlyWithNumerics trains a tiny model and compares the bits of what it measures with those recorded for the
// same numerics. -update adds a line for new numerics; it does not replace one.
func TestResultsChangeOnlyWithNumerics(t *testing.T) {
	const file = "testdata/golden.txt"
	recorded := map[string]string{}
	text, err := os.ReadFile(file)
	if err != nil && !*update {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if key, bits, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
			recorded[key] = bits
		}
	}
	for _, mode := range []arith.Mode{arith.Plain, arith.FMA} {
		b := cpu.New(mode, cpu.Config{Threads: 2})
		key := gpt.Numerics + " " + b.Numerics()
		r := train(t, b, tiny())
		got := fmt.Sprintf("%016x %016x %016x", math.Float64bits(r.BitsPerByte), math.Float64bits(r.TrainNats), math.Float64bits(r.Curve[0].BitsPerByte))
		want, ok := recorded[key]
		switch {
		case ok && got != want:
			t.Errorf("%s: a tiny run gives bits %s, want %s: if the change of arithmetic is meant, raise gpt.Numerics or the backend's version and run with -update", key, got, want)
		case !ok && *update:
			recorded[key] = got
		case !ok:
			t.Errorf("%s: no bits recorded: run with -update and review %s", key, file)
		}
	}
	if !*update {
		return
	}
	var lines []string
	for key, bits := range recorded {
		lines = append(lines, key+": "+bits+"\n")
	}
	sort.Strings(lines)
	if err := os.WriteFile(file, []byte(strings.Join(lines, "")), 0o644); err != nil {
		t.Fatal(err)
	}
}
