package main

import (
	"fmt"
	"io"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A screen shows a run to a person: a line for everything that happened, and, on a terminal, one more line that says what
// happens now and is written over.
type screen struct {
	mu  sync.Mutex
	out io.Writer
	now *overwritten

	measure mechanisms.Measure // of the trials
	trials  clock              // how long trials take
	best    float64            // of the incumbent, with its own sign; NaN before the baseline
	spoke   time.Time          // when the last line that stays was written
}

// silence is how long a trial may take without a word where there is no terminal.
const silence = 5 * time.Second

func newScreen(out io.Writer, m mechanisms.Measure) *screen {
	return &screen{out: out, now: newOverwritten(out), measure: m, best: math.NaN()}
}

// tell takes one event. It is called from several goroutines.
func (s *screen) tell(e evolve.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case evolve.EventTraining:
		s.training(e)
	case evolve.EventProposed:
		s.trials.start(e.Seq, e.At)
		s.spoke = e.At
		s.now.say("trial %d of %d  %s", e.Seq, e.Limit, e.Change)
	case evolve.EventAnchoring:
		s.now.say("%s, before trial %d  %.0f %%", e.Text, e.Seq, 100*e.Progress.Fraction)
	case evolve.EventDecided:
		s.decided(e)
	case evolve.EventLevel2:
		s.step(e)
	default:
		if text := s.sentence(e); text != "" {
			s.line(text)
		}
	}
}

// close leaves the terminal as it was found.
func (s *screen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.end()
}

// training shows how far a trial is: on a terminal always, otherwise when nothing was said for a while.
func (s *screen) training(e evolve.Event) {
	p := e.Progress
	text := fmt.Sprintf("trial %d of %d", e.Seq, e.Limit)
	if p.Steps > 0 {
		text += fmt.Sprintf("  step %d of %d", p.Step, p.Steps)
	} else {
		text += fmt.Sprintf("  step %d, %.0f %%", p.Step, 100*p.Fraction)
	}
	if c := p.Curve; c != nil && s.measure != (mechanisms.Measure{}) {
		text += fmt.Sprintf("  %.4g on the way", s.measure.Own(c.BPB))
	}
	if p.TrainBPB > 0 {
		text += fmt.Sprintf("  %.3f bits per byte now", p.TrainBPB)
	}
	if !math.IsNaN(s.best) {
		text += fmt.Sprintf(" (best %.4f)", s.best)
	}
	if p.TokensPerSec > 0 {
		text += "  " + thousands(p.TokensPerSec) + " tokens/s"
	}
	if left, ok := s.trials.left(e.Seq, e.Limit, p.Fraction); ok {
		text += "  " + duration(left) + " left"
	}
	if s.now.width > 0 {
		s.now.say("%s", text)
		return
	}
	if e.At.Sub(s.spoke) >= silence {
		s.line("      " + text)
	}
}

func (s *screen) decided(e evolve.Event) {
	t := e.Trial
	took := s.trials.stop(e.Seq, e.At, !e.Memo)
	word, value := "discard", "      "
	switch {
	case !t.OK():
		word = string(t.Status)
	case t.Seq == 0:
		word = "baseline"
	case t.Kept:
		word = "keep"
	}
	if t.OK() {
		value = fmt.Sprintf("%.4f", s.measure.Own(t.BPB))
	}
	s.best = s.measure.Own(e.Best)
	how := duration(took)
	if e.Memo {
		how = "known"
	}
	what := firstLine(e.Change)
	if !t.OK() {
		what += "  (" + firstLine(t.Reason) + ")"
	}
	s.line(fmt.Sprintf("%4d  %-9s %s  %6s  %s", t.Seq, word, value, how, what))
}

// step shows a step of level 2 as it ends, and on a terminal also as it begins.
func (s *screen) step(e evolve.Event) {
	st := e.Step
	if st.Running {
		s.now.say("level 2: %s …", st.Name)
		return
	}
	verdict := "ok"
	if !st.OK {
		verdict = "refused"
	}
	text := fmt.Sprintf("      level 2: %-10s %-7s %6s", st.Name, verdict, duration(st.Took))
	if st.Detail != "" {
		text += "  " + firstLine(st.Detail)
	}
	s.line(text)
}

// sentence says what an event means that has no line of its own form.
func (s *screen) sentence(e evolve.Event) string {
	switch e.Kind {
	case evolve.EventContained:
		return "runners are " + e.Text
	case evolve.EventStarted:
		if e.Seq > 0 {
			return fmt.Sprintf("going on after trial %d of %d; %s is in charge", e.Seq, e.Limit, e.Mechanism)
		}
		return s.begun(e)
	case evolve.EventSteered:
		if e.Steering.Strategy == "" {
			return "      level 1.5: no usable answer; the steering stays as it was"
		}
		frozen := "nothing frozen"
		if len(e.Steering.Frozen) > 0 {
			frozen = "frozen: " + strings.Join(e.Steering.Frozen, ", ")
		}
		return fmt.Sprintf("      level 1.5: %s; %s; %s", e.Steering.Strategy, frozen, firstLine(e.Steering.Guidance))
	case evolve.EventGuided:
		return fmt.Sprintf("      a person, from trial %d on: %s", e.Seq, firstLine(e.Text))
	case evolve.EventMemory:
		return "memory: " + e.Text
	case evolve.EventAnchor:
		return "      " + e.Text
	case evolve.EventInvented:
		return "      level 2: " + e.Text
	case evolve.EventHandover:
		return fmt.Sprintf("      hand-over: a fresh binary with %s takes the search on from trial %d", e.Mechanism, e.Seq)
	case evolve.EventRetired:
		return fmt.Sprintf("      retired: %s: %s", e.Mechanism, firstLine(e.Text))
	case evolve.EventQuarantine:
		return fmt.Sprintf("      quarantined: %s failed and is out: %s", e.Mechanism, firstLine(e.Text))
	case evolve.EventRunner:
		return fmt.Sprintf("      runner of %s died and is started again: %s", e.Mechanism, firstLine(e.Text))
	}
	return ""
}

// begun heads the table of trials.
func (s *screen) begun(e evolve.Event) string {
	of, heading := "", "bits/byte"
	if m := s.measure; m != (mechanisms.Measure{}) {
		of, heading = fmt.Sprintf(" by %s, %s is better", m, m.Better()), m.String()
	}
	if r := []rune(heading); len(r) > 9 {
		heading = string(r[:8]) + "…"
	}
	return fmt.Sprintf("baseline and %d trials%s; %s is in charge\n trial           %-9s  time  change from the incumbent", e.Limit, of, e.Mechanism, heading)
}

// line writes a line that stays.
func (s *screen) line(text string) {
	s.now.end()
	fmt.Fprintln(s.out, text)
	s.spoke = time.Now()
}

// A clock learns how long trials take, for the time left. It reaches no decision.
type clock struct {
	began map[int]time.Time
	spent time.Duration
	n     int
}

func (c *clock) start(seq int, at time.Time) {
	if c.began == nil {
		c.began = map[int]time.Time{}
	}
	c.began[seq] = at
}

func (c *clock) stop(seq int, at time.Time, trained bool) time.Duration {
	began, ok := c.began[seq]
	if !ok {
		return 0
	}
	delete(c.began, seq)
	if trained {
		c.spent += at.Sub(began)
		c.n++
	}
	return at.Sub(began)
}

// left estimates the time to the end of the run from the mean time of a trial.
func (c *clock) left(seq, limit int, fraction float64) (time.Duration, bool) {
	if c.n == 0 {
		return 0, false
	}
	return time.Duration(float64(c.spent) / float64(c.n) * (float64(limit-seq) + 1 - fraction)), true
}

func duration(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return fmt.Sprintf("%dm%02ds", int(d.Minutes()), int(d.Seconds())%60)
	case d >= time.Second:
		return fmt.Sprintf("%.1fs", d.Seconds())
	}
	return fmt.Sprintf("%dms", d.Milliseconds())
}

func thousands(x float64) string {
	switch {
	case x >= 1e6:
		return fmt.Sprintf("%.1fM", x/1e6)
	case x >= 1e4:
		return fmt.Sprintf("%.0fk", x/1e3)
	case x >= 1e3:
		return fmt.Sprintf("%.1fk", x/1e3)
	}
	return fmt.Sprintf("%.0f", x)
}

func firstLine(s string) string {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "\n")
	if r := []rune(s); len(r) > 160 {
		return string(r[:159]) + "…"
	}
	return s
}
