package report

import (
	"bytes"
	"fmt"
	"image/png"
	"math"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// armNames are as many arms as a plan has, with how good each is made to be: the share of the way to the best known that a
// trial goes on average.
var armNames = []struct {
	name, kind string
	speed      float64
}{
	{"A", group, 0.05}, {"B", group, 0.06}, {"C", group, 0.09}, {"D", group, 0.07}, {"R", control, 0.04}, {"P", control, 0.05},
	{"single", system, 0.05}, {"batches", system, 0.045}, {"memory", system, 0.06},
	{"random", yardstick, 0.02}, {"coordinate", yardstick, 0.06}, {"foldover", yardstick, 0.05}, {"es", yardstick, 0.03}, {"tpe", yardstick, 0.05},
	{"cmaes", yardstick, 0.03}, {"gp", yardstick, 0.055}, {"anneal", "mechanism", 0.03},
}

// inventedResult is a result whose runs were drawn, with everything in it that a page has to show. It says nothing about any arm.
func inventedResult(t *testing.T, tasks, seeds int, profiles ...string) ablate.Result {
	t.Helper()
	r := ablate.Result{
		Title: "drawn by a test", Profiles: profiles, Planned: len(armNames)*tasks*seeds*len(profiles) + 1, Warnings: []string{"Drawn: " + hostile},
		Setting: ablate.Setting{Trials: 30, SteerEvery: 5, InventEvery: 10, Fresh: 8, Model: "simulated (" + profiles[0] + ")", Simulated: true, Program: "test"},
		Placebo: &ablate.Placebo{Pairs: tasks * seeds, Handovers: 3 * tasks * seeds},
		Harm:    []ablate.Harm{{Arm: "A", Profile: profiles[0], Mean: 0.25, Losses: []float64{0, 0.5}}},
	}
	for i := range tasks {
		r.Tasks = append(r.Tasks, ablate.Task{Name: fmt.Sprintf("%s-%d", []string{"bowl", "ridge", "steps"}[i%3], i), Family: []string{"bowl", "ridge", "steps"}[i%3], HeldOut: i >= tasks*2/3})
	}
	for _, a := range armNames {
		r.Arms = append(r.Arms, ablate.Arm{Name: a.name, Kind: a.kind, Doc: "what " + a.name + " is"})
	}
	for _, profile := range profiles {
		for i, task := range r.Tasks {
			for seed := range uint64(seeds) {
				for k, a := range armNames {
					draw := uint64(k)
					if a.name == "P" {
						draw = 0 // equals A
					}
					r.Runs = append(r.Runs, drawnRun(a.name, a.speed, task.Name, profile, seed, rand.New(rand.NewPCG(uint64(i)<<32|seed<<8|draw, uint64(len(profile))))))
				}
			}
		}
	}
	r.Runs = append(r.Runs, ablate.Run{Arm: "gp", Task: r.Tasks[0].Name, Seed: 99, Profile: profiles[0], Error: "out of memory"})
	must(t, ablate.Analyse(&r))
	return r
}

func drawnRun(arm string, speed float64, task, profile string, seed uint64, rng *rand.Rand) ablate.Run {
	x := ablate.Run{Arm: arm, Task: task, Profile: profile, Seed: seed + 1, Default: 2.5, Trials: 30, Memo: rng.IntN(4), Failed: rng.IntN(3), Curve: []float64{1}}
	at := 1.0
	for range x.Trials {
		if rng.Float64() < 0.3 {
			at -= at * speed * 6 * rng.Float64()
		}
		x.Curve = append(x.Curve, at)
		x.AUC += at / 30
	}
	x.Regret = at + 0.1*rng.NormFloat64()
	if rng.IntN(40) == 0 {
		x.Regret += 2 // far worse than the default
	}
	x.Final, x.Success = x.Default-0.3*(1-x.Regret), x.Regret <= 0.5
	if arm != "A" && arm != "P" && arm != "single" {
		x.Diverged = 1 + rng.IntN(8)
	}
	switch arm {
	case "B":
		x.Steered = []int{6, 11, 16}
	case "C", "D":
		x.Steered = []int{6, 16, 26}
		x.Diverged = 11
		x.Handovers = []ablate.Handover{{Seq: 11, Mechanism: "fold-abc123", Fate: []string{"handed over", "retired"}[rng.IntN(2)]}, {Seq: 21, Mechanism: "tabu-def456", Fate: "in charge"}}
		x.Decisions, x.Differed = 40, 12
	case "R":
		x.Restarts = []int{11, 21}
	}
	return x
}

func ablationPageOf(t *testing.T, r ablate.Result) []byte {
	t.Helper()
	var b bytes.Buffer
	must(t, (&Ablation{r}).Page(&b))
	return b.Bytes()
}

func TestFiguresOfTheAblationsPageEqualTheResults(t *testing.T) {
	r := inventedResult(t, 6, 2, "rut", "scholar")
	page := ablationPageOf(t, r)

	_, exact := table(t, page, "named")
	var named []ablate.Contrast
	for _, c := range r.Contrasts {
		if c.Named {
			named = append(named, c)
		}
	}
	if len(exact) != len(named) || len(named) < 6 {
		t.Fatalf("the page has %d named contrasts, want %d, at least three in each of two profiles", len(exact), len(named))
	}
	for i, c := range named {
		if number(t, exact[i][4]) != c.Difference || number(t, exact[i][6]) != c.Holm {
			t.Errorf("%s − %s: %q, want %v and %v", c.First, c.Second, exact[i], c.Difference, c.Holm)
		}
	}

	_, exact = table(t, page, "contrasts")
	if len(exact) != len(r.Contrasts) {
		t.Fatalf("the page has %d contrasts, want %d", len(exact), len(r.Contrasts))
	}
	for i, c := range r.Contrasts {
		if number(t, exact[i][3]) != c.Difference || number(t, exact[i][5]) != c.P {
			t.Errorf("%s − %s: %q, want %v and %v", c.First, c.Second, exact[i], c.Difference, c.P)
		}
	}

	shown, exact := table(t, page, "summaries")
	if len(exact) != len(r.Summaries) {
		t.Fatalf("the page has %d summaries, want %d", len(exact), len(r.Summaries))
	}
	for i, s := range r.Summaries {
		if shown[i][0] != s.Arm || number(t, exact[i][3]) != s.IQM || number(t, exact[i][5]) != s.Mean || number(t, exact[i][8]) != -s.Gain {
			t.Errorf("%s in %s: %q, want %+v", s.Arm, s.Profile, exact[i], s)
		}
	}

	_, exact = table(t, page, "runs")
	good := slices.DeleteFunc(slices.Clone(r.Runs), func(x ablate.Run) bool { return x.Error != "" })
	if len(exact) != len(good) {
		t.Fatalf("the page has %d runs, want every one of %d", len(exact), len(good))
	}
	for i, x := range good {
		if number(t, exact[i][6]) != x.Regret {
			t.Errorf("run %d: %q, want %v", i, exact[i], x.Regret)
		}
	}
	if shown, _ := table(t, page, "failures"); len(shown) != 1 || shown[0][4] != "out of memory" {
		t.Errorf("runs without a result: %q, want the one", shown)
	}
	if value(t, page, "finished") != fmt.Sprint(len(r.Runs)) {
		t.Errorf("%s runs are said to be finished, want %d", value(t, page, "finished"), len(r.Runs))
	}
}

// What the data cannot support stands before any figure, and every claim before any picture.
func TestAnOwnValueHasItsSignInAnAblationToo(t *testing.T) {
	r := inventedResult(t, 6, 2, "rut")
	for i := range r.Tasks {
		r.Tasks[i].Measure = mechanisms.Measure{Name: "val_acc", Higher: true}
	}
	page := ablationPageOf(t, r)
	_, exact := table(t, page, "summaries")
	for i, s := range r.Summaries {
		if number(t, exact[i][7]) != s.Gain {
			t.Errorf("%s: %q, want %v, which was gained", s.Arm, exact[i], s.Gain)
		}
	}
	for _, want := range []string{"val_acc, final less default", "a positive change is better", "val_acc, default"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if bytes.Contains(page, []byte("bits per byte")) {
		t.Error("the page calls the value bits per byte")
	}
}

func TestWarningsComeFirst(t *testing.T) {
	r := inventedResult(t, 3, 1, "rut")
	page := string(ablationPageOf(t, r))
	first := strings.Index(page, "<figure")
	for _, w := range r.Warnings[1:] {
		if at := strings.Index(page, strings.NewReplacer("'", "&#39;", "<", "&lt;", "+", "&#43;").Replace(w)); at < 0 || at > first {
			t.Errorf("the warning %q stands at %d, the first picture at %d", w, at, first)
		}
	}
	for _, c := range r.Claims {
		if at := strings.Index(page, c.Text); at < 0 || at > first {
			t.Errorf("the claim %q stands at %d, the first picture at %d", c.Text, at, first)
		}
	}
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
		t.Error("a text of the result breaks out of its place")
	}
	if n := strings.Count(page, "SIMULATED"); n < 2 {
		t.Errorf("SIMULATED stands %d times on the page, want it above and in pictures", n)
	}
}

// No bar: with a few runs, or with many, each is a mark of its own.
func TestEveryRunIsADot(t *testing.T) {
	r := inventedResult(t, 3, 1, "rut")
	b, err := (&Ablation{r}).finalsPicture("rut").SVG()
	must(t, err)
	arcs := regexp.MustCompile(`A2\.6`).FindAll(b, -1) // two half circles each
	beyond := 0
	for _, x := range r.Runs {
		if x.Error == "" && x.Regret > worst {
			beyond++
		}
	}
	if good := len(r.Runs) - 1; len(arcs) != 2*(good-beyond) {
		t.Errorf("%d arcs, want two for each of %d runs within the frame", len(arcs), good-beyond)
	}
}

func TestBandsEndAtTheResultsOwnFigures(t *testing.T) {
	r := inventedResult(t, 4, 3, "rut")
	for i := range r.Runs {
		if r.Runs[i].Error == "" { // so that the last of the curve is what the summary is of
			r.Runs[i].Regret = r.Runs[i].Curve[30]
		}
	}
	must(t, ablate.Analyse(&r))
	a := &Ablation{r}
	bands := a.bandsOf("rut")
	for _, s := range r.Summaries {
		b := bands[s.Arm]
		if len(b.figure) != 31 || math.Abs(b.figure[30].Y-s.IQM) > 1e-12 {
			t.Errorf("%s: the line has %d points and ends at %v, want 31 and %v", s.Arm, len(b.figure), b.figure[30].Y, s.IQM)
		}
		if width := s.High - s.Low; math.Abs(b.low[30].Y-s.Low) > 0.35*width || math.Abs(b.high[30].Y-s.High) > 0.35*width {
			t.Errorf("%s: the band ends at %v to %v, want about %v to %v", s.Arm, b.low[30].Y, b.high[30].Y, s.Low, s.High)
		}
	}
}

func TestTimelinesCountEveryRunOnce(t *testing.T) {
	r := inventedResult(t, 5, 2, "rut")
	a := &Ablation{r}
	for _, arm := range armNames {
		x, diverged := a.timelineOf("rut", arm.name), 0
		for _, n := range x.Diverged {
			diverged += n
		}
		if x.Runs != 10 || diverged+x.Never != 10 {
			t.Errorf("%s: %d runs, %d that differ from A and %d that do not", arm.name, x.Runs, diverged, x.Never)
		}
	}
	if x := a.timelineOf("rut", "C"); x.Handed[21] != 10 || x.Handed[11]+x.Out[11] != 10 || x.Out[11] == 0 || x.Steered[6] != 10 {
		t.Errorf("C: %+v", x)
	}
	if x := a.timelineOf("rut", "R"); x.Restarts[11] != 10 || x.Restarts[21] != 10 {
		t.Errorf("R: %+v", x)
	}
}

func TestPicturesOfAnAblationAreFiles(t *testing.T) {
	r := inventedResult(t, 3, 2, "rut", "scholar")
	seen := map[string]bool{}
	for i, p := range (&Ablation{r}).Pictures() {
		if seen[p.Name] {
			t.Errorf("two pictures are named %s", p.Name)
		}
		seen[p.Name] = true
		b, err := p.SVG()
		must(t, err)
		if i%7 == 0 { // a PNG takes a while
			b, err = p.PNG()
			must(t, err)
			if _, err := png.Decode(bytes.NewReader(b)); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		} else if again, _ := p.SVG(); !bytes.Equal(b, again) {
			t.Errorf("%s is drawn in two ways", p.Name)
		}
	}
	for _, name := range []string{"named", "contrasts-rut", "anytime-rut", "finals-scholar", "reached-0-5-rut", "runs-coordinate-rut", "pairs-c-a-rut", "pairs-c-coordinate-scholar", "timeline-rut", "transfer-rut"} {
		if !seen[name] {
			t.Errorf("there is no picture %s", name)
		}
	}
}

// A page is asked for at any time: before the first run is finished, and where all runs failed.
func TestPageOfAnAblationThatHasHardlyBegun(t *testing.T) {
	whole := inventedResult(t, 3, 1, "rut")
	for _, n := range []int{0, 1, 2, 5, len(whole.Runs)} {
		early := ablate.Result{Title: whole.Title, Setting: whole.Setting, Arms: whole.Arms, Tasks: whole.Tasks, Profiles: whole.Profiles, Planned: whole.Planned}
		early.Runs = slices.Clone(whole.Runs[len(whole.Runs)-n:])
		must(t, ablate.Analyse(&early))
		if page := ablationPageOf(t, early); !bytes.Contains(page, []byte(fmt.Sprintf(`id="finished" data-value="%d"`, n))) {
			t.Errorf("with %d runs the page does not say so", n)
		}
	}
}
