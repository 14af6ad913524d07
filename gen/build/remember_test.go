package build

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// What was found once is remembered for this snapshot only, and found again where the cache lost or damaged it.
func TestRememberFindsOnceForEachSnapshot(t *testing.T) {
	cache, found := t.TempDir(), 0
	ask := func(b *Builder, key string) (got map[string]int) {
		t.Helper()
		if err := b.Remember(key, &got, func() (any, error) { found++; return map[string]int{key: found}, nil }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	b := newBuilder(t, Options{Cache: cache})
	ask(b, "a")
	if got := ask(newBuilder(t, Options{Cache: cache}), "a"); found != 1 || got["a"] != 1 {
		t.Errorf("asked twice, it was found %d times and is %v; want once", found, got)
	}
	ask(b, "b")
	other := small()
	ask(newBuilder(t, Options{Cache: cache, Parts: other[:1]}), "a")
	if found != 3 {
		t.Errorf("another key and another snapshot: found %d times, want 3", found)
	}
	files, err := filepath.Glob(filepath.Join(cache, known, "*"))
	if err != nil || len(files) != 3 {
		t.Fatalf("%d files (%v), want 3", len(files), err)
	}
	for _, f := range files {
		if err := os.WriteFile(f, []byte("{"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if got := ask(b, "a"); found != 4 || got["a"] != 4 {
		t.Errorf("a damaged file: found %d times, %v; want 4", found, got)
	}
	failed := errors.New("no")
	var into int
	if err := b.Remember("c", &into, func() (any, error) { return nil, failed }); !errors.Is(err, failed) {
		t.Errorf("what cannot be found gave %v, want its error", err)
	}
}
