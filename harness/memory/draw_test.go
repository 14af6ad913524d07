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
	want := `RATE -1 -0.050 conf 0.20 for [7] against []: Lowering it helped, as far as 0.3; further was not tried or made no difference.
RATE +1 -0.100 conf 0.50 for [1 2] against []: Raising it helped, as far as 0.4; further than that hurt.
DECAY -1 -0.050 conf 0.20 for [7] against []: Lowering it helped, as far as 0.4; further was not tried or made no difference.
DECAY +0 +0.050 conf 0.50 for [4 5] against []: Raising it hurt, already at 0.7.
ACT +0 +0.000 conf 0.50 for [8 9] against []: Changes made no difference beyond chance.
`
	if got := words(drawn); got != want {
		t.Errorf("drawn:\n%swant:\n%s", got, want)
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
