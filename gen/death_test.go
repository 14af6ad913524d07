package gen

import (
	"testing"

	"github.com/seed161a02ea/bilevel/gen/child"
)

func TestDeathIsToldAlikeEveryTime(t *testing.T) {
	for _, c := range []struct{ reason, words, want string }{
		{"exit status 3", "runner: out of memory: the heap holds 541 MiB, want at most 512 MiB", "exit status 3: runner: out of memory: the heap holds …, want at most …"},
		{"exit status 2", "fatal error: stack overflow\n\ngoroutine 7 [running]:\nsly.f(0xc000012)\n\tgenerated/sly/mechanism.go:21 +0x1f", "exit status 2: fatal error: stack overflow (at mechanism.go:21)"},
		{"not done after 10s of processor time and was ended", "", "not done after 10s of processor time and was ended"},
	} {
		if got := death(&child.Failure{Name: "runner conform", Reason: c.reason, Words: c.words}); got != c.want {
			t.Errorf("death of %q, %q:\n%s\nwant\n%s", c.reason, c.words, got, c.want)
		}
	}
}
