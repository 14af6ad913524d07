package main

import (
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestMain makes the test binary the tool when it is called by the tool's name: tests run it as users do, in processes of
// its own.
func TestMain(m *testing.M) {
	keepFromMemory()
	if filepath.Base(os.Args[0]) == "bilevel" {
		main()
	}
	os.Exit(m.Run())
}

// keepFromMemory keeps tests from the memory of whoever runs them.
func keepFromMemory() {
	if os.Getenv("BILEVEL_MEMORY") == "" && os.Getenv("BILEVEL_CACHE") == "" {
		os.Setenv("BILEVEL_MEMORY", "off")
	}
}

// toolBinary returns the tool as a program.
func toolBinary(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	tool := filepath.Join(t.TempDir(), "bilevel")
	if os.Link(exe, tool) == nil {
		return tool
	}
	from, err := os.Open(exe) // another file system
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	to, err := os.OpenFile(tool, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(to, from); err != nil {
		t.Fatal(err)
	}
	if err := to.Close(); err != nil {
		t.Fatal(err)
	}
	return tool
}
