package gen

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/mechtest"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A mechanism in a runner, with guards put in, must have the figures and the fingerprint of the same source in this process.
func TestARunnersFiguresAreThoseOfItsSource(t *testing.T) {
	p, ctx := newPipeline(t, nil), context.Background()
	source, err := mechanisms.Source.ReadFile("bandit/bandit.go")
	if err != nil {
		t.Fatal(err)
	}
	r, err := p.Build(ctx, source, Examination{Against: "greedy", Welcome: wire.Welcome{View: wire.View{Space: space()}}})
	if err != nil || !r.OK() {
		t.Fatalf("build bandit: %v, %v", err, r.Findings)
	}
	order := surfaces.Order{Families: []string{"gptsim", "flat"}, Proposer: "rut", Seeds: []uint64{1, 2, 1 << 60}}
	b, err := p.Benchmark(ctx, *r.Binary, order)
	if err != nil {
		t.Fatal(err)
	}
	if b.Shadow == nil {
		t.Fatal("the mechanism it would replace was not measured")
	}
	for name, got := range map[string]Measurement{"bandit": b.Current, "greedy": *b.Shadow} {
		e, err := catalog.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		want, err := order.Measure(e)
		if err != nil {
			t.Fatal(err)
		}
		if len(got.Figures) != len(want) {
			t.Fatalf("%s: figures on %d families, want %d", name, len(got.Figures), len(want))
		}
		for k, f := range order.Families {
			if !slices.Equal(got.Figures[k].Regrets, want[k].Regrets) || got.Figures[k].AUC != want[k].AUC || got.Figures[k].Asks != want[k].Asks {
				t.Errorf("%s on %s: %+v, want %+v", name, f, got.Figures[k], want[k])
			}
		}
	}
	print, refused, err := p.fingerprint(ctx, source)
	if want, _ := catalog.Find("bandit"); err != nil || refused != "" || print != mechtest.Fingerprint(want) {
		t.Errorf("bandit has another fingerprint in its runner (%s, %v)", refused, err)
	}
	// What ends the runner is the mechanism's fault, and said so; an order that cannot be meant ends it too.
	_, err = p.Benchmark(ctx, *r.Binary, surfaces.Order{Families: []string{"nowhere"}, Proposer: "rut", Seeds: []uint64{1}})
	if _, ok := errors.AsType[*UnmeasuredError](err); !ok || !strings.Contains(err.Error(), `no family "nowhere"`) {
		t.Errorf("a family that is not there gave %v, want an UnmeasuredError with the runner's words", err)
	}
}
