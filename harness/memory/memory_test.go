package memory

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func must(t *testing.T, errs ...error) {
	t.Helper()
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
}

func opened(t *testing.T) *Memory {
	t.Helper()
	m, err := Open(filepath.Join(t.TempDir(), "new folder", File))
	must(t, err)
	t.Cleanup(func() { m.Close() })
	return m
}

func here() Scope {
	return Scope{Task: "gpt toy", TaskHash: "t", Space: space.Name, SpaceHash: space.Hash(), Hardware: "one core"}
}

// lived is a run whose trials are like no others, unless contents say so.
func lived(id string, scope Scope, trials []mechanisms.Trial) Run {
	return Run{ID: id, Scope: scope, Space: space, Trials: trials, Same: func(int) string { return "" }, Dir: "runs/" + id}
}

var (
	up    = step{change: map[string]float64{"RATE": 0.2}, bpb: 1.9}
	upBad = step{change: map[string]float64{"RATE": 0.2}, bpb: 2.1}
	down  = step{change: map[string]float64{"DECAY": 0.3}, bpb: 1.99}
)

func recalled(t *testing.T, m *Memory, w Scope) string {
	t.Helper()
	all, err := m.Recall(w, space)
	must(t, err)
	var b strings.Builder
	for _, r := range all {
		fmt.Fprintf(&b, "%s %+d %+.3f %.3f\n", r.Lesson.Param, r.Lesson.Direction, r.Lesson.Effect, r.Lesson.Confidence)
	}
	return b.String()
}

func TestLaterRunsConfirmAndContradict(t *testing.T) {
	m := opened(t)
	learn := func(id string, steps ...step) int {
		t.Helper()
		added, err := m.Learn(lived(id, here(), trace(steps...)))
		must(t, err)
		return added
	}
	if got := recalled(t, m, here()); got != "" {
		t.Fatalf("a fresh memory recalls %s", got)
	}
	if n := learn("a", up, down); n != 2 {
		t.Errorf("%d moves were new, want 2", n)
	}
	first := recalled(t, m, here())
	if !strings.HasPrefix(first, "RATE +1 -0.100 0.333\n") {
		t.Errorf("after one run: %s", first)
	}
	if n := learn("a", up, down); n != 0 || recalled(t, m, here()) != first {
		t.Errorf("learning a run twice added %d moves and changed what is recalled to %s", n, recalled(t, m, here()))
	}
	learn("b", up)
	// Two trials, the first one run old: 2^(-1/10) + 1 over that + 2.
	if got := recalled(t, m, here()); !strings.HasPrefix(got, "RATE +1 -0.100 0.491\n") {
		t.Errorf("after a run that confirms: %s", got)
	}
	for _, id := range []string{"c", "d", "e"} {
		learn(id, upBad)
	}
	if got := recalled(t, m, here()); !strings.HasPrefix(got, "RATE +0 +0.100 0.440\n") {
		t.Errorf("after three runs that contradict: %s, want the lesson turned", got)
	}
	l, err := m.Lessons()
	must(t, err)
	if l[0].Runs != 5 || len(l[0].Trials) != 5 || l[0].Age != 0 {
		t.Errorf("the lesson rests on %+v; want five trials of five runs, the latest new", l[0])
	}
}

func TestWhatIsNotConfirmedFades(t *testing.T) {
	m := opened(t)
	_, err := m.Learn(lived("a", here(), trace(up)))
	must(t, err)
	other := step{change: map[string]float64{"ACT": 1}, bpb: 2.0}
	for i := range 2 * HalfLife {
		_, err := m.Learn(lived(fmt.Sprint("b", i), here(), trace(other)))
		must(t, err)
	}
	elsewhere := here()
	elsewhere.SpaceHash = "another" // runs of other spaces age nothing
	l, err := m.Find(find(t, m, "RATE"))
	must(t, err)
	if want := 0.25 / 2.25; l.Age != 2*HalfLife || l.Confidence != want {
		t.Errorf("after two half-lives: age %d, confidence %v; want %d and %v", l.Age, l.Confidence, 2*HalfLife, want)
	}
}

func find(t *testing.T, m *Memory, param string) string {
	t.Helper()
	all, err := m.Lessons()
	must(t, err)
	for _, l := range all {
		if l.Param == param {
			return l.ID
		}
	}
	t.Fatalf("no lesson about %s in %+v", param, all)
	return ""
}

// A trial that was trained once and looked up by later runs is one trial.
func TestATrialCountsOnceHoweverManyRunsLookItUp(t *testing.T) {
	m := opened(t)
	for _, id := range []string{"a", "b", "c"} {
		r := lived(id, here(), trace(up))
		r.Same = func(seq int) string { return fmt.Sprint("content ", seq) }
		_, err := m.Learn(r)
		must(t, err)
	}
	l, err := m.Find(find(t, m, "RATE"))
	must(t, err)
	if len(l.Trials) != 1 || l.Runs != 1 {
		t.Errorf("one trial in three records is counted as %+v", l.Trials)
	}
}

func TestScopesKeepApart(t *testing.T) {
	m := opened(t)
	_, err := m.Learn(lived("a", here(), trace(up)))
	must(t, err)
	simulated, task, other, hardware, kind := here(), here(), here(), here(), here()
	simulated.Simulated = true
	task.TaskHash = "t2"
	other.SpaceHash = "another"
	hardware.Hardware = "two cores"
	kind.Task = "mine.yaml"
	for _, c := range []struct {
		name string
		w    Scope
		want string
	}{
		{"the same", here(), "RATE +1 -0.100 0.333\n"},
		{"another machine, budgets not by the clock", hardware, "RATE +1 -0.100 0.333\n"},
		{"another task", task, "RATE +1 -0.100 0.167\n"},
		{"another space", other, ""}, // 0.083 is too little
		{"another kind of task", kind, ""},
		{"simulated runs", simulated, ""},
	} {
		if got := recalled(t, m, c.w); got != c.want {
			t.Errorf("%s: recalled %q, want %q", c.name, got, c.want)
		}
	}
	clock := here()
	clock.Clock, clock.TaskHash = true, "clock"
	_, err = m.Learn(lived("b", clock, trace(up)))
	must(t, err)
	clock.Hardware = "two cores"
	if got := recalled(t, m, clock); strings.Count(got, "\n") != 1 {
		t.Errorf("by the clock on another machine: %q, want one lesson of one thing", got)
	}
}

func TestLessonsAreWrittenEditedAndForgotten(t *testing.T) {
	m := opened(t)
	_, err := m.Learn(lived("a", here(), trace(up)))
	must(t, err)
	rule := find(t, m, "RATE")
	id, err := m.Write(Statement{Kind: ByPerson, Text: "Mind the cooling.", Confidence: 0.9})
	must(t, err)
	for _, w := range []Scope{here(), {Task: "mine.yaml", SpaceHash: "x", Simulated: true}} {
		if all, err := m.Recall(w, space); err != nil || len(all) == 0 || all[len(all)-1].Lesson.Text != "Mind the cooling." {
			t.Errorf("a person's lesson for everywhere is not recalled on %s: %+v, %v", w.Task, all, err)
		}
	}
	text, sure := "Raise it gently.", 0.8
	must(t, m.Edit(rule[:4], &text, nil), m.Edit(rule, nil, &sure))
	if l, err := m.Find(rule); err != nil || l.Text != text || l.Confidence != sure || !l.Edited {
		t.Errorf("after editing: %+v, %v", l, err)
	}
	must(t, m.Forget(rule), m.Forget(id))
	if got := recalled(t, m, here()); got != "" {
		t.Errorf("after forgetting: %s", got)
	}
	_, err = m.Learn(lived("a", here(), trace(up)))
	must(t, err)
	if got := recalled(t, m, here()); got != "" {
		t.Errorf("the same run taught again what was forgotten: %s", got)
	}
	_, err = m.Learn(lived("b", here(), trace(up)))
	must(t, err)
	if got := recalled(t, m, here()); got != "RATE +1 -0.100 0.333\n" {
		t.Errorf("a later run does not teach anew: %q", got)
	}
	for what, err := range map[string]error{
		"forget of nothing":    m.Forget("zzz"),
		"edit of nothing":      m.Edit("zzz", &text, nil),
		"a person's bad words": func() error { _, err := m.Write(Statement{Kind: ByPerson, Text: "two\nlines"}); return err }(),
	} {
		if err == nil {
			t.Errorf("%s: no error", what)
		}
	}
	if err := m.Forget("zzz"); !errors.Is(err, ErrUnknown) {
		t.Errorf("forget of nothing: %v, want ErrUnknown", err)
	}
	n, err := m.ForgetAll()
	if all, err2 := m.Lessons(); n != 2 || err != nil || err2 != nil || len(all) != 0 {
		t.Errorf("forgetting all of %d runs (%v, %v) left %+v", n, err, err2, all)
	}
}

func TestRecallIsBoundedAndRepeatable(t *testing.T) {
	m := opened(t)
	for i := range 20 {
		_, err := m.Write(Statement{Kind: ByPerson, Text: fmt.Sprintf("Saying %d.", i), Confidence: 0.5})
		must(t, err)
	}
	first, err := m.Recall(here(), space)
	must(t, err)
	again, err := m.Recall(here(), space)
	must(t, err)
	if len(first) != MaxLessons || !reflect.DeepEqual(first, again) {
		t.Errorf("%d lessons, the same again: %v; want %d and true", len(first), reflect.DeepEqual(first, again), MaxLessons)
	}
}

func TestSeveralProcessesLearnAtOnce(t *testing.T) {
	m := opened(t)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			own, err := Open(m.Path())
			if err != nil {
				t.Error(err)
				return
			}
			defer own.Close()
			if _, err := own.Learn(lived(fmt.Sprint("run ", i), here(), trace(up))); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	if l, err := m.Find(find(t, m, "RATE")); err != nil || l.Runs != 8 {
		t.Errorf("eight runs at once taught %+v, %v", l, err)
	}
}

func TestForeignAndNewerFilesAreRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sql.Open("sqlite", path)
	must(t, err)
	_, err = db.Exec("CREATE TABLE t (x)")
	must(t, err, db.Close())
	if _, err := Open(path); err == nil || !strings.Contains(err.Error(), "another program") || !strings.Contains(err.Error(), "--no-memory") {
		t.Errorf("a file of another program: %v", err)
	}
	m := opened(t)
	_, err = m.db.Exec("PRAGMA user_version = 9")
	must(t, err)
	if _, err := Open(m.Path()); err == nil || !strings.Contains(err.Error(), "version 9") {
		t.Errorf("a newer file: %v", err)
	}
}
