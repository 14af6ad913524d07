package loop

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// ordered runs the verb replay as a process would.
func ordered(t *testing.T, current, shadow mechanisms.Entry, view wire.View) (Replay, string) {
	t.Helper()
	seeds := make([]uint64, surfaces.HarmSearches)
	for i := range seeds {
		seeds[i] = uint64(100 + i)
	}
	order := map[string]any{"view": view, "null": "flat", "seeds": seeds, "surfaces": []map[string]any{{"family": "gptsim", "seed": 1}, {"family": "steplaw", "seed": 2}}}
	var out, errs bytes.Buffer
	if code := Main([]Selection{{Current: current, Shadow: shadow}}, []string{"replay"}, strings.NewReader(asJSON(t, order)), &out, &errs); code != ExitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var r Replay
	if err := json.Unmarshal(out.Bytes(), &r); err != nil {
		t.Fatal(err)
	}
	return r, out.String()
}

func livedView(t *testing.T, trials int) wire.View {
	t.Helper()
	f := newFake(t, trials, 1)
	if _, err := f.serve(entry(t, "greedy"), mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	return f.view
}

func TestReplayAsksBothOnTheTraceAndOnSurfacesAndIsRepeatable(t *testing.T) {
	view := livedView(t, 10)
	for _, c := range []struct {
		name  string
		inert bool
	}{{"placebo", true}, {"tabu", false}, {"halving", false}} {
		r, text := ordered(t, entry(t, c.name), entry(t, "greedy"), view)
		if _, again := ordered(t, entry(t, c.name), entry(t, "greedy"), view); again != text {
			t.Errorf("%s: a second replay differs:\n%s\n%s", c.name, again, text)
		}
		if r.Error != "" || r.Trace.Decisions < 15 || len(r.Surfaces) != 2 || len(r.Loss) != surfaces.HarmSearches {
			t.Fatalf("%s: %+v", c.name, r)
		}
		for k, s := range append(slices.Clone(r.Surfaces), r.Trace) {
			if (s.Differs == 0) != c.inert {
				t.Errorf("%s, part %d: %d of %d decisions differ, want inert %v", c.name, k, s.Differs, s.Decisions, c.inert)
			}
		}
		if (len(r.Beside) == 0) != surfaces.Harmless(r.Loss) {
			t.Errorf("%s loses %v and greedy beside it %v, want greedy's where it can matter", c.name, r.Loss, r.Beside)
		}
		if own, _ := ordered(t, entry(t, "greedy"), entry(t, "greedy"), view); c.inert && !slices.Equal(r.Loss, own.Loss) {
			t.Errorf("%s loses %v where greedy loses %v", c.name, r.Loss, own.Loss)
		}
	}
}

// cutter is greedy but for stopping what is far behind the incumbent at half its budget.
type cutter struct{ greedy.Greedy }

func (*cutter) Prune(v mechanisms.View, _ mechanisms.Proposal, curve []mechanisms.Sample) bool {
	last := curve[len(curve)-1]
	return last.Fraction >= 0.5 && last.BPB > v.Incumbent.BPB+0.12
}

// What differs in nothing but what it stops is not inert.
func TestPruningCountsAsInfluence(t *testing.T) {
	cuts := mechanisms.Entry{Name: "cutter", New: func() mechanisms.Mechanism { return &cutter{} }}
	view := livedView(t, 10)
	for i := range view.Trials {
		view.Trials[i].Curve = nil
	}
	view.Trials[4].Curve = []mechanisms.Sample{{Fraction: 0.25, BPB: 99}, {Fraction: 0.5, BPB: 99}}
	r, _ := ordered(t, cuts, entry(t, "greedy"), view)
	if r.Trace.Differs != 1 || r.Trace.Examples[0] != (Example{Where: "trace", Seq: 4, What: "pruning", Is: "stop at 50 %", Was: "let it run"}) {
		t.Errorf("on the trace: %+v, want trial 4 stopped at 50 %% and let run by greedy", r.Trace)
	}
	if r, _ := ordered(t, cuts, cuts, view); r.Trace.Differs+r.Surfaces[0].Differs+r.Surfaces[1].Differs != 0 || r.Trace.Decisions < 16 {
		t.Errorf("beside itself: %+v, want prunings compared and none that differs", r)
	}
	var out strings.Builder
	if err := rehearse(cuts, entry(t, "greedy"), strings.NewReader(asJSON(t, wire.Welcome{View: view})), &out); err != nil {
		t.Fatal(err)
	}
	if r := mustRehearsal(t, out.String()); r.Differs == 0 || r.Error != "" {
		t.Errorf("rehearsal %+v, want prunings that differ", r)
	}
}

// In a run the ledger counts where the replaced mechanism would have stopped a trial, whichever of the two can.
func TestTheLedgerComparesPruning(t *testing.T) {
	half := mechanisms.Entry{Name: "pruner", New: func() mechanisms.Mechanism { return &pruner{} }}
	for _, c := range []struct {
		name            string
		current, shadow mechanisms.Entry
		want            *wire.Pruning
	}{
		{"it stops", half, entry(t, "greedy"), &wire.Pruning{Is: 0.5}},
		{"the other would", entry(t, "greedy"), half, &wire.Pruning{Was: 0.5}},
		{"both do", half, half, &wire.Pruning{Is: 0.5, Was: 0.5}},
		{"neither can", entry(t, "greedy"), entry(t, "placebo"), nil},
	} {
		f := newFake(t, 3, 1)
		if _, err := f.serve(c.current, c.shadow, nil); err != nil {
			t.Fatal(err)
		}
		for _, d := range f.decides[1:] {
			if asJSON(t, d.Pruning) != asJSON(t, c.want) {
				t.Errorf("%s: trial %d has %s, want %s", c.name, d.Seq, asJSON(t, d.Pruning), asJSON(t, c.want))
			}
		}
		if f.decides[0].Pruning != nil {
			t.Errorf("%s: the baseline was compared", c.name)
		}
	}
}
