package loop

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// What is asked of many in one process is answered as in a process each, in order, whatever stands between.
func TestEachAnswersAsAlone(t *testing.T) {
	carried := []Selection{{entry(t, "foldover"), entry(t, "greedy")}, {entry(t, "tabu"), entry(t, "foldover")}, {entry(t, "tabu"), entry(t, "greedy")}}
	f := newFake(t, 12, 1)
	if _, err := f.serve(entry(t, "greedy"), mechanisms.Entry{}, nil); err != nil {
		t.Fatal(err)
	}
	view := []byte(asJSON(t, wire.Welcome{View: f.view}))
	orders := []Order{
		{Verb: "rehearse", Names: []string{"tabu", "greedy"}, In: view},
		{Verb: "conform", Names: []string{"tabu", "foldover"}},
		{Verb: "rehearse", Names: []string{"tabu", "foldover"}, In: []byte("no view")},
		{Verb: "about", Names: []string{"foldover"}},
		{Verb: "conform", Names: []string{"anneal"}},
		{Verb: "serve", Names: []string{"foldover", "greedy"}},
		{Verb: "rehearse", Names: []string{"foldover", "greedy"}, In: view},
	}
	var in, out, errs bytes.Buffer
	for _, o := range orders {
		in.WriteString(asJSON(t, o))
	}
	if code := Main(carried, []string{"each"}, &in, &out, &errs); code != ExitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	if len(lines) != len(orders) {
		t.Fatalf("%d answers to %d orders", len(lines), len(orders))
	}
	for i, o := range orders {
		var got Answer
		if err := json.Unmarshal([]byte(lines[i]), &got); err != nil {
			t.Fatal(err)
		}
		var alone, errs bytes.Buffer
		code := ExitFailed
		if o.Verb != "serve" {
			code = Main(carried, append([]string{o.Verb}, o.Names...), bytes.NewReader(o.In), &alone, &errs)
		}
		if got.Failed != (code != ExitOK) || !got.Failed && !bytes.Equal(got.Out, alone.Bytes()) {
			t.Errorf("%s of %s: failed %v with %.200s; alone code %d with %.200s", o.Verb, o.Names, got.Failed, got.Out, code, alone.Bytes())
		}
	}
}

func TestARunnerThatCarriesSeveralWantsAName(t *testing.T) {
	carried := []Selection{{Current: entry(t, "tabu")}, {Current: entry(t, "greedy")}}
	var out, errs bytes.Buffer
	if code := Main(carried, []string{"about"}, nil, &out, &errs); code != ExitUsage || !strings.Contains(errs.String(), "tabu, greedy") {
		t.Errorf("about of none gave code %d and %q, want %d and the names", code, errs.String(), ExitUsage)
	}
	if code := Main(carried, []string{"about", "greedy"}, nil, &out, &errs); code != ExitOK || !strings.Contains(out.String(), `"greedy"`) {
		t.Errorf("about of greedy gave code %d and %s", code, out.String())
	}
}
