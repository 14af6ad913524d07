package whole_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/whole"
)

func TestAFileIsReplaced(t *testing.T) {
	name := filepath.Join(t.TempDir(), "binary")
	if err := os.WriteFile(name, []byte("a longer text that was there"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(name, []byte("new"), 0o755); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != "new" {
		t.Errorf("%q, %v; want the new text alone", got, err)
	}
	if i, err := os.Stat(name); err != nil || i.Mode() != 0o755 {
		t.Errorf("mode %v, %v; want rwxr-xr-x whatever the umask", i.Mode(), err)
	}
	only(t, filepath.Dir(name), "binary")
}

// What cannot take the name leaves nothing behind and what was there as it was.
func TestAFailureLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "taken")
	if err := os.MkdirAll(filepath.Join(name, "inside"), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := whole.Write(name, []byte("new"), 0o644); err == nil {
		t.Error("a folder was replaced by a file; want an error")
	}
	only(t, dir, "taken")
	only(t, name, "inside")
	if err := whole.Write(filepath.Join(dir, "nowhere", "file"), nil, 0o644); err == nil {
		t.Error("a file was written into a folder that is not there; want an error")
	}
}

func only(t *testing.T, dir, want string) {
	t.Helper()
	all, err := os.ReadDir(dir)
	if err != nil || len(all) != 1 || all[0].Name() != want {
		t.Errorf("%s holds %v, %v; want %s alone", dir, all, err, want)
	}
}
