//go:build cuda && linux && amd64

package cuda

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
	"github.com/seed161a02ea/bilevel/kernels/kerneltest"
)

// TestTrialStart counts what the start of a second trial asks of the driver, and its end: a model of eight layers, as the published one has,
// opened, given its weights and closed. Nothing is allocated or loaded again, and README.md has the whole list.
func TestTrialStart(t *testing.T) {
	for _, set := range []string{SM80, SM90a} {
		t.Run(set, func(t *testing.T) {
			opened, err := New(Config{Kernels: set})
			if err != nil {
				t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
			}
			b := opened.(*Backend)
			defer b.Close()
			if b.dev.Name != "emulated device" {
				t.Skipf("%s does not count calls", b.dev.Name)
			}
			m := stepModel(t, kerneltest.Hyper(8, 16, 64, "SSSL"), 16, 130)
			start := func() {
				d, err := b.Open(m)
				if err != nil {
					t.Fatal(err)
				}
				if err := gpt.Initialise(m, d, 1); err != nil {
					t.Fatal(err)
				}
				if err := d.Close(); err != nil {
					t.Fatal(err)
				}
			}
			start()
			file := filepath.Join(t.TempDir(), "calls")
			t.Setenv("BILEVEL_EMULATOR_CALLS", file)
			start()
			os.Unsetenv("BILEVEL_EMULATOR_CALLS")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			calls := map[string]int{}
			for name := range strings.FieldsSeq(string(text)) {
				calls[strings.TrimSuffix(name, "_v2")]++
			}
			names := slices.Collect(maps.Keys(calls))
			slices.SortFunc(names, func(a, b string) int { return cmp.Or(calls[b]-calls[a], strings.Compare(a, b)) })
			for i, name := range names {
				for _, costly := range []string{"Alloc", "MemFree", "Module", "Ctx", "Init"} {
					if strings.Contains(name, costly) && name != "cuCtxSetCurrent" {
						t.Errorf("the start of a second trial calls %s", name)
					}
				}
				names[i] = fmt.Sprintf("%d %s", calls[name], name)
			}
			want := fmt.Sprintf("- %s: %s.\n", set, strings.Join(names, ", "))
			if readme, err := os.ReadFile("README.md"); err != nil || !strings.Contains(string(readme), want) {
				t.Errorf("README.md (error: %v) lacks the line\n%s", err, want)
			}
		})
	}
}
