package gen

import (
	"context"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

func TestAFileIsExaminedAsFarAsAsked(t *testing.T) {
	p, ctx := newPipeline(t, nil), context.Background()
	src := []byte(forgetful(t))
	e := Examination{Against: "greedy", Welcome: wire.Welcome{View: wire.View{RunSeed: 1, Space: space(), Incumbent: -1, Parallel: 1, Limit: 30}}}
	for _, c := range []struct {
		examine func(context.Context, []byte, Examination) (Report, error)
		last    string
		binary  bool
		rehears bool
	}{{p.Vet, "vet", false, false}, {p.Build, "build", true, false}, {p.Test, "rehearse", true, true}} {
		r, err := c.examine(ctx, src, e)
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK() || len(r.Findings) > 0 {
			t.Errorf("up to %s: refused at %s: %v", c.last, r.Gate, r.Findings)
		}
		if got := r.Steps[len(r.Steps)-1].Name; got != c.last {
			t.Errorf("last step %s, want %s", got, c.last)
		}
		if (r.Binary != nil) != c.binary || (r.Rehearsal != nil) != c.rehears {
			t.Errorf("up to %s: binary %v, rehearsal %v; want them present: %v, %v", c.last, r.Binary, r.Rehearsal, c.binary, c.rehears)
		}
	}
	r, err := p.Vet(ctx, []byte(strings.Replace(string(src), "context.Context", "context.Kontext", 1)), e)
	if err != nil || r.OK() || r.Gate != "typecheck" {
		t.Errorf("a file with a mistake: gate %q, %v; want typecheck", r.Gate, err)
	}
	if _, err := p.Test(ctx, src, Examination{Against: "nobody"}); err == nil || !strings.Contains(err.Error(), "nobody") {
		t.Errorf("against a mechanism that is not there: error %v, want one that names it", err)
	}
}
