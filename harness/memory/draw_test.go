package memory

import (
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var space = mechanisms.Space{Name: "toy", Params: []mechanisms.Param{
	{Name: "RATE", Kind: mechanisms.Float, Min: 0.001, Max: 10, Default: 0.1, Log: true},
	{Name: "DECAY", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0.5},
	{Name: "ACT", Kind: mechanisms.Choice, Max: 2, Choices: []string{"relu", "gelu", "silu"}},
}}

// trace is a run: each step changes the incumbent and says what came of it. The value is 2 at the default.
type step struct {
	change map[string]float64
	bpb    float64
	status mechanisms.Status
}

func trace(steps ...step) []mechanisms.Trial {
	base := mechanisms.Trial{Point: space.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	trials, incumbent := []mechanisms.Trial{base}, base
	for k, s := range steps {
		t := mechanisms.Trial{Seq: k + 1, Point: incumbent.Point.Clone(), Status: mechanisms.Complete, BPB: s.bpb}
		for name, v := range s.change {
			t.Point[space.Index(name)] = v
		}
		if s.status != "" {
			t.Status, t.BPB = s.status, math.NaN()
		}
		if t.Kept = t.Better(incumbent); t.Kept {
			incumbent = t
		}
		trials = append(trials, t)
	}
	return trials
}

func words(drawn []Drawn) string {
	var b strings.Builder
	for _, d := range drawn {
		fmt.Fprintf(&b, "%s %+d %+.3f conf %.2f for %v against %v: %s\n", d.Param, d.Direction, d.Effect, d.Confidence, d.Supports, d.Contradicts, d.Text)
	}
	return b.String()
}

func TestLessonsSayWhatTheTrialsShow(t *testing.T) {
	drawn := Draw(space, trace(
		step{change: map[string]float64{"RATE": 0.2}, bpb: 1.9},                // 1 kept
		step{change: map[string]float64{"RATE": 0.4}, bpb: 1.8},                // 2 kept
		step{change: map[string]float64{"RATE": 0.8}, bpb: 1.85},               // 3 too far: a limit, no contradiction
		step{change: map[string]float64{"DECAY": 0.7}, bpb: 1.9},               // 4 hurt
		step{change: map[string]float64{"DECAY": 0.9}, status: "diverged"},     // 5 hurt by failing
		step{change: map[string]float64{"DECAY": 0.1}, status: "crashed"},      // 6 nobody's fault
		step{change: map[string]float64{"RATE": 0.3, "DECAY": 0.4}, bpb: 1.7},  // 7 kept, half each
		step{change: map[string]float64{"ACT": 1}, bpb: 1.7},                   // 8 no difference
		step{change: map[string]float64{"ACT": 2}, bpb: 1.7000000000001},       // 9 none either
		step{change: map[string]float64{"RATE": 0.15}, status: "not-a-status"}, // 10 unknown to the rule
	), 0)
	want := `RATE -1 -0.050 conf 0.20 for [7] against []: Lowering it from 0.4 to 0.3 helped; further was not tried or made no difference.
RATE +1 -0.100 conf 0.50 for [1 2] against []: Raising it from 0.1 to 0.4 helped; as far as 0.8 hurt.
DECAY -1 -0.050 conf 0.20 for [7] against []: Lowering it from 0.5 to 0.4 helped; further was not tried or made no difference.
DECAY +0 +0.050 conf 0.50 for [4 5] against []: Raising it from 0.5 to 0.7 hurt.
ACT +0 +0.000 conf 0.50 for [8 9] against []: Changes made no difference beyond chance.
`
	if got := words(drawn); got != want {
		t.Errorf("drawn:\n%swant:\n%s", got, want)
	}
}

// A trial of seven changes that is worse by a little more than chance does not show that any one of them hurt, nor that any
// does nothing.
func TestManyChangesShareTheBlame(t *testing.T) {
	many := mechanisms.Space{Name: "many"}
	for i := range 7 {
		many.Params = append(many.Params, mechanisms.Param{Name: fmt.Sprint("P", i), Kind: mechanisms.Float, Max: 1, Default: 0.5})
	}
	base := mechanisms.Trial{Point: many.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true}
	moved := func(seq, changes int, bpb float64) mechanisms.Trial {
		p := many.Default()
		for i := range changes {
			p[i] = 0.9
		}
		return mechanisms.Trial{Seq: seq, Point: p, Status: mechanisms.Complete, BPB: bpb}
	}
	beyond := Beyond(0, 2)
	worse := moved(1, 7, 2+2*beyond)
	if got := Draw(many, []mechanisms.Trial{base, worse}, 0); len(got) != 0 {
		t.Errorf("a share of 2/7 of what may be chance taught\n%s", words(got))
	}
	// Two trials of one change show that P0 does nothing; what seven did together is no evidence that it does.
	if got := words(Draw(many, []mechanisms.Trial{base, worse, moved(2, 1, 2), moved(3, 1, 2)}, 0)); got != "P0 +0 +0.000 conf 0.50 for [2 3] against []: Changes made no difference beyond chance.\n" {
		t.Errorf("taught\n%s", got)
	}
	if got := Draw(many, []mechanisms.Trial{base, moved(1, 7, 2+8*beyond)}, 0); len(got) != 7 {
		t.Errorf("a share of 8/7 of what may be chance taught %d lessons, want one for each parameter:\n%s", len(got), words(got))
	}
	failed := moved(1, 7, math.NaN())
	failed.Status = mechanisms.Diverged
	if got := Draw(many, []mechanisms.Trial{base, failed}, 0); len(got) != 0 {
		t.Errorf("one failure of seven changes taught\n%s", words(got))
	}
}

func TestTiedParametersAreOneChange(t *testing.T) {
	tied := space
	tied.Constraints = []mechanisms.Constraint{{Left: []string{"DECAY"}, Right: []string{"RATE"}, Factor: 1, Why: "so it is"}}
	p := space.Default()
	p[0], p[1] = 0.05, 0.3
	trials := append(trace(), mechanisms.Trial{Seq: 1, Point: p, Status: mechanisms.Complete, BPB: 1.9, Kept: true})
	for _, c := range []struct {
		s      mechanisms.Space
		effect float64
	}{{space, -0.05}, {tied, -0.1}} {
		got := Draw(c.s, trials, 0)
		if len(got) != 2 || math.Abs(got[0].Effect-c.effect) > 1e-9 || math.Abs(got[1].Effect-c.effect) > 1e-9 {
			t.Errorf("%d constraints: %s want an effect of %v for each of two", len(c.s.Constraints), words(got), c.effect)
		}
	}
}

// Words tell moves as they were made, and join none from elsewhere to them.
func TestWordsTellWhatWasSeen(t *testing.T) {
	drawn := words(Draw(space, trace(
		step{change: map[string]float64{"RATE": 1.2, "ACT": 1}, bpb: 2.5},                // 1 hurts, half of it each
		step{change: map[string]float64{"RATE": 0.6}, bpb: 2.1},                          // 2 hurts, alone: surer
		step{change: map[string]float64{"DECAY": 0.7}, bpb: 1.9},                         // 3 helps from 0.5 to 0.7
		step{change: map[string]float64{"DECAY": 0.2, "ACT": 2, "RATE": 0.05}, bpb: 1.6}, // 4 helps, and goes elsewhere
		step{change: map[string]float64{"DECAY": 0.3}, bpb: 1.5},                         // 5 helps from 0.2 to 0.3
		step{change: map[string]float64{"RATE": 0.06}, bpb: 1.6},                         // 6 hurts
	), 0))
	for _, want := range []string{
		"Raising it from 0.05 to 0.06 hurt.", // the surest are 2 and 6, and 6 is the shorter
		"DECAY +1 -0.100 conf 0.50 for [3 5] against []: Raising it from 0.5 to 0.7 helped",
	} {
		if !strings.Contains(drawn, want) {
			t.Errorf("%q is not in\n%s", want, drawn)
		}
	}
}

func TestContradictionsLowerConfidenceAndTurnALesson(t *testing.T) {
	once := step{change: map[string]float64{"RATE": 0.2}, bpb: 1.9}
	back := step{change: map[string]float64{"RATE": 0.15}, bpb: 1.95} // lowered again: hurts
	for _, c := range []struct {
		steps     []step
		direction int
		against   []int
	}{
		{[]step{{change: map[string]float64{"RATE": 0.15}, bpb: 2.1}, {change: map[string]float64{"RATE": 0.3}, bpb: 1.9}}, +1, []int{1}},
		{[]step{{change: map[string]float64{"RATE": 0.15}, bpb: 2.1}, {change: map[string]float64{"RATE": 0.14}, bpb: 2.1}, {change: map[string]float64{"RATE": 0.3}, bpb: 1.9}}, 0, []int{3}},
		{[]step{once, back}, +1, nil},
	} {
		var got *Drawn
		for _, d := range Draw(space, trace(c.steps...), 0) {
			if d.Param == "RATE" && strings.HasPrefix(d.Text, "Raising") {
				got = &d
			}
		}
		if got == nil || got.Direction != c.direction || !reflect.DeepEqual(got.Contradicts, c.against) {
			t.Errorf("%+v: %+v, want direction %d contradicted by %v", c.steps, got, c.direction, c.against)
		}
	}
}

func TestChanceTeachesNothing(t *testing.T) {
	steps := []step{
		{change: map[string]float64{"RATE": 0.2}, bpb: 1.98},
		{change: map[string]float64{"DECAY": 0.4}, bpb: 2.005},
	}
	if got := Draw(space, trace(steps...), 0.01); len(got) != 0 {
		t.Errorf("differences of 0.02 and 0.025 at a noise of 0.01 (a difference of 0.028 is beyond chance) taught\n%s", words(got))
	}
	if got := Draw(space, trace(steps...), 0.001); len(got) != 2 {
		t.Errorf("at a noise of 0.001 they taught\n%swant two lessons", words(got))
	}
	if got := Draw(space, trace(step{change: map[string]float64{"RATE": 0.2}, bpb: 1.999}), 0); len(got) != 0 {
		t.Errorf("a difference smaller than what the seed does taught\n%s", words(got))
	}
}

// Three seeds of the size tiny at its default point: none of them is better than another.
func TestASeedTeachesNothing(t *testing.T) {
	seeds := []float64{4.2908, 4.2807, 4.2927}
	for _, a := range seeds {
		for _, b := range seeds {
			if math.Abs(a-b) > Beyond(0, a) {
				t.Errorf("the seeds' %v and %v differ by more than %v", a, b, Beyond(0, a))
			}
		}
	}
}

func TestDrawSurvivesAnyTrace(t *testing.T) {
	for _, trials := range [][]mechanisms.Trial{nil, {{Status: mechanisms.Crashed}}, {
		{Point: space.Default(), Status: mechanisms.Complete, BPB: 2, Kept: true},
		{Seq: 1, Point: nil, Status: mechanisms.NoAnswer, BPB: math.NaN()},
		{Seq: 2, Point: mechanisms.Point{1}, Status: mechanisms.Invalid, BPB: math.NaN()},
	}} {
		if got := Draw(space, trials, 0); len(got) != 0 {
			t.Errorf("%v taught\n%s", trials, words(got))
		}
	}
}
