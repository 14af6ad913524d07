package mechanisms_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// A runner is executed thousands of times and rebuilt at every hand-over; the embedded sources are for the tool alone.
func TestLinkerLeavesTheSourcesOutOfPrograms(t *testing.T) {
	if _, err := exec.LookPath("go"); err != nil {
		t.Skip("no go command to link with")
	}
	dir := t.TempDir()
	build := func(name, body string) []byte {
		src := filepath.Join(dir, name+".go")
		text := "package main\n\nimport \"github.com/seed161a02ea/bilevel/mechanisms\"\n\nfunc main() { " + body + " }\n"
		if err := os.WriteFile(src, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		out := filepath.Join(dir, name)
		if msg, err := exec.Command("go", "build", "-o", out, src).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, msg)
		}
		binary, err := os.ReadFile(out)
		if err != nil {
			t.Fatal(err)
		}
		return binary
	}
	sign := []byte("Package mechanisms is the contract between the " + "inner loop")
	if bytes.Contains(build("without", "println(mechanisms.Complete)"), sign) {
		t.Error("a program that does not refer to Source holds the sources")
	}
	if !bytes.Contains(build("with", `b, _ := mechanisms.Source.ReadFile("mechanism.go"); println(len(b))`), sign) {
		t.Error("a program that reads Source does not hold the sources: the test looks for the wrong text")
	}
}
