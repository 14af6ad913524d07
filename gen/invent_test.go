package gen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

func occasion(trials int) Occasion {
	return Occasion{
		Cycle: 1, Task: "a bowl", Welcome: wire.Welcome{View: lived(trials)}, Mechanism: "greedy", Influence: "10 proposals and 10 verdicts",
	}
}

func invent(t *testing.T, m model.Model, o Occasion) Invention {
	t.Helper()
	inv, err := newPipeline(t, m).Invent(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	return inv
}

func simulation(t *testing.T, profile string) model.Model {
	t.Helper()
	m, err := simulated.New(profile)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSimulatedModelInventsAMechanismThatRuns(t *testing.T) {
	var names []string
	o := occasion(10)
	o.Step = func(s Step) {
		if !s.Running {
			names = append(names, s.Name)
		}
	}
	inv := invent(t, simulation(t, "rut"), o)
	if inv.Outcome != Ready {
		t.Fatalf("outcome %s: %s, want ready", inv.Outcome, inv.Why)
	}
	if inv.Rehearsal.Differs == 0 || len(inv.Rehearsal.Examples) == 0 {
		t.Errorf("rehearsal %+v, want decisions that differ from greedy's", inv.Rehearsal)
	}
	if want := append([]string{"explore", "critique", "specify", "generate"}, Gates()...); len(inv.Refused) == 0 && !slices.Equal(names, want) {
		t.Errorf("steps %v, want %v", names, want)
	}
	out, err := exec.Command(inv.Path, "about").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{inv.Name, inv.Hash, `"name": "greedy"`} {
		if !strings.Contains(string(out), want) {
			t.Errorf("the binary says %s, want it to name %s", out, want)
		}
	}
	if !strings.HasSuffix(inv.Name, "-"+inv.Hash[:6]) || hashOf([]byte(inv.Source)) != inv.Hash {
		t.Errorf("name %s, hash %s of the source: %s; want them to agree", inv.Name, inv.Hash, hashOf([]byte(inv.Source)))
	}
}

// A run that was killed after level 2 asks again and must get the same binary; the second time from the cache.
func TestSameRepliesGiveTheSameInvention(t *testing.T) {
	one, two := invent(t, simulation(t, "rut"), occasion(12)), invent(t, simulation(t, "rut"), occasion(12))
	one.Steps, two.Steps = nil, nil
	a, b := mustJSON(t, one), mustJSON(t, two)
	if a != b {
		t.Errorf("first invention\n%s\nsecond\n%s", a, b)
	}
}

func mustJSON(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The mechanism in charge was itself generated: it is compiled in beside its successor.
func TestAGeneratedMechanismIsReplacedByAnother(t *testing.T) {
	first := invent(t, simulation(t, "rut"), occasion(10))
	o := occasion(20)
	o.Cycle, o.Mechanism, o.Source = 2, first.Name, first.Source
	o.Sources = map[string]string{first.Name: first.Source}
	o.Tried = []model.Tried{{Name: first.Name, Idea: first.Why, Outcome: "active", Trials: 10, Influence: 4}}
	second := invent(t, simulation(t, "rut"), o)
	if second.Outcome != Ready || second.Hash == first.Hash {
		t.Fatalf("second invention: %s %s (%s), want one that is ready and is not %s", second.Outcome, second.Name, second.Why, first.Name)
	}
	out, err := exec.Command(second.Path, "about").Output()
	if err != nil || !strings.Contains(string(out), first.Hash) {
		t.Errorf("the binary says %s, %v; want %s in it as the mechanism replaced", out, err, first.Name)
	}
}

func TestHostileModelIsRefusedWithReasonsAndMendedWhereItCanBe(t *testing.T) {
	for misdeed, gate := range map[string]string{
		"import-os": "typecheck", "nonsense": "parse", "exit": "typecheck", "loop": "vet", "panic": "conform", "inert": "replay", "state": "vet",
	} {
		t.Run(misdeed, func(t *testing.T) {
			t.Parallel()
			inv := invent(t, simulation(t, "hostile:"+misdeed), occasion(10))
			// The hostile model answers every finding with the same source, which is refused and kept once.
			if inv.Outcome != Refused || len(inv.Refused) != 1 || !strings.HasPrefix(inv.Why, "4 sources were refused") {
				t.Fatalf("outcome %s (%s) with %d candidates kept, want refused with 1", inv.Outcome, inv.Why, len(inv.Refused))
			}
			for _, c := range inv.Refused {
				if c.Gate != gate || len(c.Findings) == 0 || c.Source == "" {
					t.Errorf("candidate %s was stopped at %s by %v, want %s with findings and its source", c.Name, c.Gate, c.Findings, gate)
				}
			}
		})
	}
	t.Run("mend", func(t *testing.T) {
		t.Parallel()
		inv := invent(t, simulation(t, "hostile:mend"), occasion(10))
		if inv.Outcome != Ready || len(inv.Refused) != 1 {
			t.Errorf("outcome %s (%s) after %d refusals, want ready after 1", inv.Outcome, inv.Why, len(inv.Refused))
		}
	})
}

// A script answers by purpose, each list in turn and its last entry for ever.
type script struct {
	replies  map[string][]string
	requests []model.Request
	err      error
}

func (s *script) Name() string { return "script" }

func (s *script) Chat(_ context.Context, r model.Request) (model.Reply, error) {
	s.requests = append(s.requests, r)
	list := s.replies[r.Purpose]
	if len(list) == 0 {
		return model.Reply{}, s.err
	}
	if len(list) > 1 {
		s.replies[r.Purpose] = list[1:]
	}
	return model.Reply{Text: list[0], Model: "script"}, nil
}

const explored = `{"observations": ["x"], "ideas": [{"name": "arms", "idea": "Use arms.", "because": "x"}]}`

func TestNoneIsALegalOutcome(t *testing.T) {
	s := &script{replies: map[string][]string{"explore": {explored}, "critique": {`{"choice": "None", "why": "All is well.", "risks": []}`}}}
	inv := invent(t, s, occasion(10))
	if inv.Outcome != None || inv.Why != "All is well." || len(s.requests) != 2 {
		t.Errorf("outcome %s (%s) after %d questions, want none (All is well.) after 2", inv.Outcome, inv.Why, len(s.requests))
	}
}

func TestUnusableRepliesAreAskedAgainWithTheReasonAndThenRefused(t *testing.T) {
	s := &script{replies: map[string][]string{"explore": {explored}, "critique": {`{"choice": "wings", "why": "y", "risks": []}`}}}
	inv := invent(t, s, occasion(10))
	if inv.Outcome != Refused || !strings.Contains(inv.Why, `choice is "wings", want one of arms, or "none"`) {
		t.Errorf("outcome %s (%s), want refused because wings is no idea", inv.Outcome, inv.Why)
	}
	if len(s.requests) != 1+research.Attempts {
		t.Fatalf("%d questions, want %d", len(s.requests), 1+research.Attempts)
	}
	last := s.requests[len(s.requests)-1].Messages
	if !strings.Contains(last[len(last)-1].Content, "wings") {
		t.Errorf("the last question is %q, want it to say what was wrong", last[len(last)-1].Content)
	}
}

func TestFindingsReachTheModelWithTheWholeConversation(t *testing.T) {
	source := forgetful(t)
	s := &script{replies: map[string][]string{
		"explore": {explored}, "critique": {`{"choice": "arms", "why": "y", "risks": []}`},
		"specify":  {`{"name": "arms", "idea": "Pull arms.", "state": [], "propose": "p", "accept": "a", "observe": "o", "differs": "d"}`},
		"generate": {"Here it is:\n```go\n" + strings.Replace(source, "v.Free()", "v.Liberated()", 1) + "```\nEnjoy."},
		"repair":   {"```go\n" + source + "```"},
	}}
	inv := invent(t, s, occasion(10))
	if inv.Outcome != Ready || inv.Why != "Pull arms." || !strings.HasPrefix(inv.Name, "arms-") {
		t.Fatalf("outcome %s: %s %s, want ready: arms-... Pull arms.", inv.Outcome, inv.Name, inv.Why)
	}
	repair := s.requests[len(s.requests)-1]
	var all strings.Builder
	for _, m := range repair.Messages {
		all.WriteString(m.Content)
	}
	for _, want := range []string{"v.Liberated undefined", "typecheck", "v.Liberated()", "Writing a mechanism", "TOTAL_BATCH_SIZE", "package greedy"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("the repair conversation lacks %q", want)
		}
	}
	if strings.Count(string(inv.Dialogue), `"purpose"`) != 5 {
		t.Errorf("the dialogue holds %d rounds, want 5: %s", strings.Count(string(inv.Dialogue), `"purpose"`), inv.Dialogue)
	}
}

func TestAModelOutOfReachIsAnError(t *testing.T) {
	s := &script{err: fmt.Errorf("connect: %w", model.ErrUnavailable)}
	inv, err := newPipeline(t, s).Invent(context.Background(), occasion(10))
	if !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("outcome %s, error %v; want ErrUnavailable", inv.Outcome, err)
	}
}

func TestTheSourceInChargeIsNotInventedAgain(t *testing.T) {
	first := invent(t, simulation(t, "rut"), occasion(10))
	s := &script{replies: map[string][]string{
		"explore": {explored}, "critique": {`{"choice": "arms", "why": "y", "risks": []}`},
		"specify":  {`{"name": "arms", "idea": "Pull arms.", "state": [], "propose": "p", "accept": "a", "observe": "o", "differs": "d"}`},
		"generate": {"```go\n" + first.Source + "```"}, "repair": {"```go\n" + first.Source + "```"},
	}}
	o := occasion(10)
	o.Mechanism, o.Source = first.Name, first.Source
	inv := invent(t, s, o)
	if inv.Outcome != Refused || inv.Refused[0].Gate != "wrap" {
		t.Errorf("outcome %s, candidates %v; want refused at wrap", inv.Outcome, inv.Refused)
	}
}

// The same occasion gives the same invention, whatever is remembered of it: also where the fingerprints of the mechanisms by
// hand and of earlier cycles have to be found again.
func TestSameOccasionGivesTheSameInventionWhateverIsRemembered(t *testing.T) {
	o := occasion(10)
	o.Welcome.View.RunSeed = 2
	for cycle := 1; cycle <= 2; cycle++ {
		o.Cycle, o.Welcome.View.Trials = cycle, lived(8+2*cycle).Trials
		one := invent(t, simulation(t, "rut"), o)
		if err := os.RemoveAll(filepath.Join(cache, "known")); err != nil {
			t.Fatal(err)
		}
		two := invent(t, simulation(t, "rut"), o)
		one.Steps, two.Steps = nil, nil
		if a, b := mustJSON(t, one), mustJSON(t, two); a != b || one.Outcome != Ready {
			t.Fatalf("cycle %d: first invention\n%s\nsecond\n%s\nwant the same, ready", cycle, a, b)
		}
		o.Mechanism, o.Source = one.Name, one.Source
		o.Sources = map[string]string{one.Name: one.Source}
		o.Tried = append(o.Tried, model.Tried{Name: one.Name, Idea: one.Why, Outcome: "active", Trials: 10, Influence: 4})
	}
}

// A mechanism of an earlier cycle is known by what it decides, not by its text.
func TestAnEarlierMechanismInOtherWordsIsADuplicate(t *testing.T) {
	first := invent(t, simulation(t, "rut"), occasion(10))
	reply := "```go\n" + first.Source + "\n// Nothing but words is new here.\n```"
	s := &script{replies: map[string][]string{
		"explore": {explored}, "critique": {`{"choice": "arms", "why": "y", "risks": []}`},
		"specify":  {`{"name": "arms", "idea": "Pull arms.", "state": [], "propose": "p", "accept": "a", "observe": "o", "differs": "d"}`},
		"generate": {reply}, "repair": {reply},
	}}
	o := occasion(12)
	o.Sources = map[string]string{first.Name: first.Source}
	inv := invent(t, s, o)
	if inv.Outcome != Refused || inv.Refused[0].Gate != "replay" || !strings.Contains(inv.Refused[0].Reason(), first.Name+", a mechanism of an earlier cycle") {
		t.Errorf("outcome %s, candidates %v; want it refused at replay as %s in other words", inv.Outcome, inv.Refused, first.Name)
	}
	o.Mechanism, o.Source = first.Name, first.Source
	if inv = invent(t, s, o); inv.Outcome != Refused || !strings.Contains(inv.Refused[0].Reason(), first.Name+", which is in charge") {
		t.Errorf("outcome %s, candidates %v; want it refused as the one in charge", inv.Outcome, inv.Refused)
	}
}
