package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// summary prints what a run came to: baseline, best, what changed, each mechanism with its influence, and what to do next.
func summary(out io.Writer, s *store.Store, elapsed time.Duration) error {
	v, meta := s.Whole(), s.Meta()
	if len(v.Trials) == 0 || v.Incumbent < 0 {
		_, err := fmt.Fprintf(out, "\nno trial is finished; continue with bilevel evolve --dir %s\n", s.Dir())
		return err
	}
	base, best, m := v.Trials[0], bestOf(v.Trials), v.Space.Measure
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w)
	fmt.Fprintf(w, "baseline\t%.4f %s%s\n", m.Own(base.BPB), m, direction(m))
	fmt.Fprintf(w, "best\t%.4f %s, trial %d (%s)\n", m.Own(best.BPB), m, best.Seq, gained(m, base, best))
	fmt.Fprintf(w, "changed\t%s\n", changed(v.Space, base, best))
	fmt.Fprintf(w, "trials\t%s\n", counts(v.Trials))
	if err := beside(w, s); err != nil {
		return err
	}
	fmt.Fprintf(w, "model\t%s\n", meta.Model)
	if meta.Simulated {
		fmt.Fprintf(w, "\tSIMULATED: no language model took part; see --model and --base-url to use one\n")
	}
	if elapsed > 0 {
		fmt.Fprintf(w, "time\t%s\n", duration(elapsed))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if err := mechanismTable(out, s); err != nil {
		return err
	}
	fmt.Fprintf(out, "\nrun directory: %s\n", s.Dir())
	for _, hint := range nextSteps(s, len(v.Trials)-1 >= meta.Trials) {
		fmt.Fprintln(out, "  "+hint)
	}
	return nil
}

// direction says which way is better, of a value that is not bits per byte.
func direction(m mechanisms.Measure) string {
	if m == (mechanisms.Measure{}) {
		return ""
	}
	return ", " + m.Better() + " is better"
}

// gained is the change from the baseline to the best trial, with the value's own sign, and as a share of the baseline.
func gained(m mechanisms.Measure, base, best mechanisms.Trial) string {
	change := m.Own(best.BPB - base.BPB)
	if base.BPB == 0 {
		return fmt.Sprintf("%+.4f", change)
	}
	return fmt.Sprintf("%+.4f, %+.1f %%", change, 100*change/math.Abs(base.BPB))
}

// bestOf is the finished trial with the lowest value. It can differ from the incumbent where a mechanism accepts what is worse.
func bestOf(trials []mechanisms.Trial) mechanisms.Trial {
	var best mechanisms.Trial
	for _, t := range trials {
		if t.Better(best) {
			best = t
		}
	}
	return best
}

func changed(s mechanisms.Space, base, best mechanisms.Trial) string {
	if best.Seq == base.Seq {
		return "nothing: no trial was better than the default"
	}
	return s.Diff(base.Point, best.Point)
}

// counts says how many trials ended how, the most frequent first.
func counts(trials []mechanisms.Trial) string {
	n := map[string]int{}
	for _, t := range trials[1:] {
		switch {
		case !t.OK():
			n[string(t.Status)]++
		case t.Kept:
			n["kept"]++
		default:
			n["discarded"]++
		}
	}
	words := make([]string, 0, len(n))
	for word := range n {
		words = append(words, word)
	}
	slices.SortFunc(words, func(a, b string) int { return cmp.Or(n[b]-n[a], strings.Compare(a, b)) })
	for i, word := range words {
		words[i] = fmt.Sprintf("%d %s", n[word], word)
	}
	return fmt.Sprintf("%d: %s", len(trials)-1, strings.Join(words, ", "))
}

// mechanismTable lists every mechanism of the run with what it decided.
func mechanismTable(out io.Writer, s *store.Store) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	measure := s.Meta().Space.Measure
	fmt.Fprintf(w, "\nmechanism\tfrom\tproposals\tdecided otherwise than\t%s\tfate\n", measure)
	tenures := s.Tenures()
	var names []string
	for _, t := range tenures {
		if !slices.Contains(names, t.Mechanism) {
			names = append(names, t.Mechanism)
		}
	}
	for _, m := range s.Mechanisms() {
		if m.Status == store.Refused {
			names = append(names, m.Name)
		}
	}
	current, _ := s.InCharge()
	for _, name := range names {
		m, _ := s.Mechanism(name)
		if m.Status == store.Refused {
			gate, _, _ := strings.Cut(m.Reason, ":")
			fmt.Fprintf(w, "%s\t-\t-\t-\t-\trefused at %s; bilevel show tells why\n", name, gate)
			continue
		}
		t := evolve.Influence(tenures, name)
		fmt.Fprintf(w, "%s\ttrial %d\t%d\t%s\t%+.4f\t%s\n", name, t.From, t.Proposals, influence(t), measure.Own(0-t.Gain), fate(s, name, current))
	}
	return w.Flush()
}

// influence says how many of its decisions its predecessor would have taken otherwise.
func influence(t store.Tenure) string {
	switch {
	case t.Shadow == "":
		return "-"
	case t.Compared == 0:
		return t.Shadow + ": no decision yet"
	}
	text := fmt.Sprintf("%s: %d of %d", t.Shadow, t.Differed, t.Compared)
	if t.Differed == 0 {
		text += ", inert" // what was gained in its time is not its own
	}
	return text
}

// fate says what became of a mechanism that was in charge.
func fate(s *store.Store, name, current string) string {
	text := "replaced"
	for _, x := range s.Switches() {
		if x.From != name {
			continue
		}
		switch x.Kind {
		case store.HandOver:
			text = "handed over"
		case store.Retire:
			why, _, _ := strings.Cut(x.Why, ":") // bilevel show tells all
			text = "retired: " + why
		case store.RollBack:
			text = "rolled back: " + firstLine(x.Why)
		default:
			text = "quarantined: " + firstLine(x.Why)
		}
	}
	if name == current {
		text = "in charge"
	}
	return text
}

func nextSteps(s *store.Store, done bool) []string {
	if !done {
		return []string{"continue with   bilevel evolve --dir " + s.Dir()}
	}
	steps := []string{
		fmt.Sprintf("look closer:    bilevel show %s", s.Dir()),
		fmt.Sprintf("in a browser:   bilevel report %s", s.Dir()),
		fmt.Sprintf("search on:      bilevel evolve --dir %s --trials %d", s.Dir(), s.Meta().Trials+10),
	}
	if s.View().Incumbent > 0 {
		steps = append(steps, fmt.Sprintf("was it luck:    bilevel confirm %s", s.Dir()))
	}
	for _, m := range s.Mechanisms() {
		if m.Status == store.Ready && m.Source != "" {
			return append(steps, fmt.Sprintf("what was written: bilevel show %s --source %s", s.Dir(), m.Name))
		}
	}
	return steps
}
