package report

import (
	"bytes"
	"fmt"
	"image/png"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

var cells = regexp.MustCompile(`(?s)<td[^>]*?(?: data-value="([^"]*)")?>(.*?)</td>`)

// table returns the rows of the page's table with this id: what each cell shows, and its exact value where it has one.
func table(t *testing.T, page []byte, id string) (shown, exact [][]string) {
	t.Helper()
	_, rest, found := strings.Cut(string(page), `<table id="`+id+`">`)
	if !found {
		t.Fatalf("the page has no table %s", id)
	}
	body, _, _ := strings.Cut(rest, "</table>")
	for _, row := range strings.Split(body, "<tr")[2:] {
		var texts, values []string
		for _, m := range cells.FindAllStringSubmatch(row, -1) {
			texts, values = append(texts, m[2]), append(values, m[1])
		}
		shown, exact = append(shown, texts), append(exact, values)
	}
	return shown, exact
}

func value(t *testing.T, page []byte, id string) string {
	t.Helper()
	m := regexp.MustCompile(`id="` + id + `" data-value="([^"]*)"`).FindSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no figure %s", id)
	}
	return string(m[1])
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	x, err := strconv.ParseFloat(text, 64)
	must(t, err)
	return x
}

func TestFiguresOfThePageEqualTheStores(t *testing.T) {
	s := lived(t)
	page := pageOf(t, gathered(t, s))
	details, err := s.Details()
	must(t, err)

	shown, exact := table(t, page, "trials")
	if len(shown) != len(bpbs) {
		t.Fatalf("the page has %d trials, want %d", len(shown), len(bpbs))
	}
	for seq, d := range details[:len(bpbs)] {
		want := fmt.Sprint(d.Outcome.Status)
		switch {
		case d.Outcome.Status == "complete" && d.Kept:
			want = "kept"
		case d.Outcome.Status == "complete":
			want = "discarded"
		}
		if shown[seq][0] != fmt.Sprint(seq) || shown[seq][3] != want {
			t.Errorf("row of trial %d: %q, want it %s", seq, shown[seq], want)
		}
		if d.Outcome.Status != "complete" {
			if exact[seq][1] != "" || shown[seq][1] != "–" {
				t.Errorf("trial %d has no value, the page shows %q", seq, shown[seq][1])
			}
			continue
		}
		if got := number(t, exact[seq][1]); got != d.Outcome.Result.BPB {
			t.Errorf("trial %d: the page has %v, the store %v", seq, got, d.Outcome.Result.BPB)
		}
	}
	if base, best := number(t, value(t, page, "baseline")), number(t, value(t, page, "best")); base != 2 || best != 1.75 {
		t.Errorf("baseline %v and best %v, want 2 and 1.75", base, best)
	}

	shown, exact = table(t, page, "tenures")
	for i, name := range []string{"greedy", "fold-abc123"} {
		want := evolve.Influence(s.Tenures(), name)
		if shown[i][0] != name || shown[i][2] != fmt.Sprint(want.Proposals) || number(t, exact[i][6]) != want.Gain {
			t.Errorf("row of %s: %q, want %+v", name, shown[i], want)
		}
		if want.Shadow != "" && (shown[i][4] != fmt.Sprint(want.Compared) || shown[i][5] != fmt.Sprint(want.Differed)) {
			t.Errorf("influence of %s: %q, want %d of %d", name, shown[i], want.Differed, want.Compared)
		}
	}

	shown, _ = table(t, page, "guidance")
	if all := s.Guidance(); len(shown) != len(all) || shown[0][1] != "7" || shown[0][2] != "bilevel watch" || !strings.HasPrefix(shown[0][3], "Lower A. &lt;/script&gt;") || !strings.HasPrefix(shown[1][3], "not taken in: ") {
		t.Errorf("guidance %q, want %+v", shown, all)
	}

	spent, err := s.Usage()
	must(t, err)
	shown, _ = table(t, page, "usage")
	if u := spent[0]; len(spent) != len(shown) || !slices.Equal(shown[0][:4], []string{string(u.Level), fmt.Sprint(u.Chats), fmt.Sprint(u.TokensIn), fmt.Sprint(u.TokensOut)}) {
		t.Errorf("usage %q, want %+v", shown, spent)
	}
}

// The picture counts for itself, trial by trial; what it comes to must be what the store says.
func TestLedgersEndAtTheTenuresOfTheStore(t *testing.T) {
	s := lived(t)
	ledgers := gathered(t, s).Ledgers()
	if len(ledgers) != 1 {
		t.Fatalf("%d ledgers, want one: only one mechanism had a shadow", len(ledgers))
	}
	want := evolve.Influence(s.Tenures(), "fold-abc123")
	last := ledgers[0].Entries[len(ledgers[0].Entries)-1]
	if last.Compared != want.Compared || last.Differed != want.Differed || want.Differed == 0 || want.Differed == want.Compared {
		t.Errorf("ledger ends at %d of %d, the store has %d of %d", last.Differed, last.Compared, want.Differed, want.Compared)
	}
}

func TestPictureOfTheRunShowsEveryTrialOnce(t *testing.T) {
	r := gathered(t, lived(t))
	p := r.progressOf(0.5)
	seen := map[float64]float64{}
	for _, xys := range [][]struct{ X, Y float64 }{coordinates(p.kept), coordinates(p.discarded), coordinates(p.above), coordinates(p.failed)} {
		for _, xy := range xys {
			if _, twice := seen[xy.X]; twice {
				t.Errorf("trial %v is shown twice", xy.X)
			}
			seen[xy.X] = xy.Y
		}
	}
	for _, trial := range r.Trials {
		y, ok := seen[float64(trial.Seq)]
		want := trial.BPB
		if !trial.OK() || trial.Seq == 7 { // 9.5 bits per byte, far above the baseline
			want = p.high
		}
		if !ok || y != want {
			t.Errorf("trial %d is shown at %v, want %v", trial.Seq, y, want)
		}
	}
	if len(p.kept) != kept || len(p.above) != 1 || len(p.failed) != 2 {
		t.Errorf("%d kept, %d above, %d without a value; want %d, 1 and 2", len(p.kept), len(p.above), len(p.failed), kept)
	}
	for i, want := range []float64{2, 2, 2, 1.9375, 1.9375, 1.8, 1.8, 1.8, 1.79, 1.75, 1.75} {
		if p.best[i].Y != want {
			t.Errorf("lowest value after trial %d is %v, want %v", i, p.best[i].Y, want)
		}
	}
}

func coordinates[T ~[]E, E ~struct{ X, Y float64 }](xys T) []struct{ X, Y float64 } {
	var all []struct{ X, Y float64 }
	for _, xy := range xys {
		all = append(all, struct{ X, Y float64 }(xy))
	}
	return all
}

func TestSameRecordGivesTheSameBytes(t *testing.T) {
	s := lived(t)
	first := pageOf(t, gathered(t, s))
	again, err := store.Read(s.Dir())
	must(t, err)
	defer again.Close()
	if !bytes.Equal(first, pageOf(t, gathered(t, again))) {
		t.Error("two pages of one record differ")
	}
	// A second run of the same events, recorded at another time, differs in nothing but what the clock measured.
	other := pageOf(t, gathered(t, lived(t)))
	a, _, _ := bytes.Cut(first, []byte(`<section id="wall-time">`))
	b, _, _ := bytes.Cut(other, []byte(`<section id="wall-time">`))
	if !bytes.Equal(a, b) {
		t.Error("pages of equal runs differ before the part on wall time")
	}
	for _, p := range gathered(t, s).Pictures() {
		one, err := p.SVG()
		must(t, err)
		two, err := p.SVG()
		must(t, err)
		if !bytes.Equal(one, two) {
			t.Errorf("%s is drawn in two ways", p.Name)
		}
		b, err := p.PNG()
		must(t, err)
		if _, err := png.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// What a model wrote is shown as text, wherever it stands.
func TestTextsOfTheRecordCannotBreakOut(t *testing.T) {
	page := string(pageOf(t, gathered(t, lived(t))))
	for _, bad := range []string{"<script", "<img", "onerror=alert(1)>"} {
		if strings.Contains(page, bad) {
			t.Errorf("the page holds %s", bad)
		}
	}
	if n := strings.Count(page, "&lt;script&gt;"); n < 6 {
		t.Errorf("the hostile text is shown %d times, want it in guidance, switch, idea, source, example, replay and dialogue", n)
	}
}

// Nothing in the page may ask for anything: no address, and a policy that would forbid it.
func TestPageIsSelfContained(t *testing.T) {
	page := string(pageOf(t, gathered(t, lived(t))))
	if m := regexp.MustCompile(`(?i)(src|href|url|@import)\s*[=(]\s*"?(https?:|//|\w+\.)`).FindString(page); m != "" {
		t.Errorf("the page refers to something outside: %s", m)
	}
	if !strings.Contains(page, `content="default-src 'none'; style-src 'unsafe-inline'; img-src data:;`) {
		t.Error("the page does not forbid itself requests")
	}
}

func TestSimulatedIsSaidOnThePageAndInEveryLargePicture(t *testing.T) {
	r := gathered(t, lived(t))
	if !strings.Contains(string(pageOf(t, r)), `<p class="warn" id="simulated">SIMULATED: no language model took part.`) {
		t.Error("the page does not say that it is simulated")
	}
	for _, p := range r.Pictures() {
		b, err := p.SVG()
		must(t, err)
		if !strings.Contains(p.Name, "parameter") && !bytes.Contains(b, []byte("SIMULATED")) {
			t.Errorf("%s does not say that it is simulated", p.Name)
		}
	}
	r.Meta.Simulated = false
	if strings.Contains(string(pageOf(t, r)), "SIMULATED") {
		t.Error("a run with a language model is called simulated")
	}
}

func TestMechanismsAreShownWithWhatTheGatesSaid(t *testing.T) {
	page := string(pageOf(t, gathered(t, lived(t))))
	for _, want := range []string{
		"vet, endings, line 3: the loop has no end that can be seen", `<td class="n" data-l="decisions">80</td><td class="n" data-l="taken otherwise">15</td>`, `formula gptsim</td><td class="n" data-l="decisions">60</td>`,
		`<span data-value="1.25">1.2</span> standard deviations of the noise, mean of 12 searches; greedy lost 0.8.`, "It would have proposed A 0.5 → 0.4",
		`<span class="k">package</span> fold`, `<span class="s">&#34;a &lt; b&#34;</span>`, `<span class="c">// Package fold turns back.</span>`,
		"2772 KiB", "1.5s", "quarantine",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// What the levels took is told as it was noted. An older record has no such note: then a bound is told as one.
func TestTimesOfTheLevels(t *testing.T) {
	s := lived(t)
	r := gathered(t, s)
	of := func(what string) Time {
		for _, x := range r.Times() {
			if x.What == what {
				return x
			}
		}
		t.Fatalf("no time of %s", what)
		return Time{}
	}
	if x := of("acts"); x.Took != 2500*time.Millisecond || x.Note != "1 act, the model's answers included" {
		t.Errorf("acts of level 1.5: %+v, want 2.5 s of one act", x)
	}
	if x := of("passages"); x.Took != 3250*time.Millisecond || strings.Contains(x.Note, "at most") {
		t.Errorf("passages of level 2: %+v, want 3.25 s of one", x)
	}
	// What was not trained is told above, without the clock, and how long that would have taken with the times.
	page := string(pageOf(t, r))
	above, times, _ := strings.Cut(page, `<section id="wall-time">`)
	if want := r.Saved.Words(); r.Saved.Stopped != 1 || r.Saved.Seconds == 0 || !strings.Contains(above, "<dt>saved</dt><dd>1 stopped early") || strings.Contains(above, want) {
		t.Errorf("the page does not tell %q, or tells the clock's part of it above the times", want)
	}
	if x := of("saved by stopping trials early"); x.Took == 0 || !strings.Contains(times, "saved by stopping trials early") {
		t.Errorf("saved by stopping: %+v", x)
	}
	before := time.Unix(100, 0)
	if err := r.acts.add(store.Event{Note: []byte("{}"), At: before.Add(time.Second)}, before); err != nil {
		t.Fatal(err)
	}
	if x := of("acts"); x.Took != 3500*time.Millisecond || !strings.Contains(x.Note, "2 acts") || !strings.Contains(x.Note, "at most: of 1 of them") {
		t.Errorf("with an act whose time was not noted: %+v", x)
	}
}

// A report is asked for at any time: before the baseline, and of a run in which nothing succeeded.
func TestPageOfARunThatHasHardlyBegun(t *testing.T) {
	r := gathered(t, lived(t))
	for n := range len(r.Trials) {
		early := *r
		early.Trials, early.Details = r.Trials[:n], r.Details[:n]
		early.Steering, early.Switches, early.Cycles, early.Mechanisms = nil, nil, nil, nil
		shown, _ := table(t, pageOf(t, &early), "trials")
		if len(shown) != n {
			t.Errorf("%d trials are shown, want %d", len(shown), n)
		}
	}
}

// A value to be maximised stands on the page with its own name and sign, in figures and in pictures.
func TestAValueToBeMaximisedHasItsOwnSign(t *testing.T) {
	r := gathered(t, lived(t))
	r.Meta.Space.Measure = mechanisms.Measure{Name: "val_acc", Higher: true}
	page := pageOf(t, r)
	if base, best := number(t, value(t, page, "baseline")), number(t, value(t, page, "best")); base != -2 || best != -1.75 {
		t.Errorf("baseline %v and best %v, want -2 and -1.75: the negatives of what is recorded", base, best)
	}
	_, exact := table(t, page, "trials")
	if got := number(t, exact[3][1]); got != -1.9375 {
		t.Errorf("trial 3 is shown with %v, want -1.9375", got)
	}
	for _, want := range []string{"val_acc; higher is better", ">val_acc, higher is better<", "Higher is better. Grey trials", "positive is better"} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if bytes.Contains(page, []byte("bits per byte")) {
		t.Error("the page speaks of bits per byte")
	}
	p := r.progressOf(0.5)
	low, high := p.low, p.high
	p.turn(r.Measure())
	if p.low != -high || p.high != -low || p.kept[0].Y != -2 || p.failed[0].Y != p.low {
		t.Errorf("turned: from %v to %v, baseline at %v, failures at %v", p.low, p.high, p.kept[0].Y, p.failed[0].Y)
	}
}
