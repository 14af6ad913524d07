package contain

import (
	"os"
	"os/exec"
	"testing"
)

// What the walls add to the start of a program: the tool's own start, and putting them up.
func BenchmarkStart(b *testing.B) {
	exe, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		line []string
	}{
		{"as it is", []string{exe, "do", "nothing"}},
		{"contained", append(held.Prefix(exe), exe, "do", "nothing")},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				if out, err := exec.Command(c.line[0], c.line[1:]...).CombinedOutput(); err != nil {
					b.Fatalf("%v: %s", err, out)
				}
			}
		})
	}
}
