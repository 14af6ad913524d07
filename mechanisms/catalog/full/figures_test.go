package full

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var row = regexp.MustCompile(`(?m)^\| (\w+) \|((?: -?[0-9.]+ ± [0-9.]+ \|)+)$`)

// Every yardstick has its row in the README, with the figures of BENCHMARKS.md: one command makes both.
func TestEveryYardstickHasItsRow(t *testing.T) {
	readme, benchmarks := text(t, "../../README.md"), text(t, "../../BENCHMARKS.md")
	_, figures, found := strings.Cut(readme, mechanisms.FiguresBegin)
	if !found {
		t.Fatal("README.md has no table")
	}
	sections := strings.Split(benchmarks, "\n## ")[1:]
	var names, listed []string
	for _, m := range row.FindAllStringSubmatch(figures, -1) {
		names = append(names, m[1])
		cells := strings.Split(strings.Trim(m[2], " |"), " | ")
		if len(cells) != len(sections) {
			t.Fatalf("the row of %s has %d figures, want one for each of the %d tables of BENCHMARKS.md", m[1], len(cells), len(sections))
		}
		for k, cell := range cells {
			if !strings.Contains(sections[k], "| "+m[1]+" | "+cell+" |") {
				t.Errorf("README.md says %s of %s, and that table of BENCHMARKS.md does not: run go run ./mechanisms/bench", cell, m[1])
			}
		}
	}
	for _, e := range All() {
		listed = append(listed, e.Name)
	}
	if !slices.Equal(names, listed) {
		t.Errorf("README.md has rows of %v, want of %v: run go run ./mechanisms/bench", names, listed)
	}
	// The prompt is not to know them.
	if strings.Contains(mechanisms.Guide, "±") || !strings.HasPrefix(readme, mechanisms.Guide) {
		t.Error("the guide that models are shown is not README.md up to the table")
	}
}

func text(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
