package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// showRun is the form for people: the summary that evolve ends with, and then what it leaves out.
func showRun(w io.Writer, s *store.Store) error {
	if err := summary(w, s, 0); err != nil {
		return err
	}
	for _, part := range []func(io.Writer, *store.Store) error{showGiven, showTrials, showSteering, showGuidance, showSwitches, showRestarts, showDrawn, showAnchors, showStopped, showCosts, showTimes, showContainment} {
		if err := part(w, s); err != nil {
			return err
		}
	}
	return nil
}

func showTrials(w io.Writer, s *store.Store) error {
	v := s.Whole()
	if len(v.Trials) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\nTrials (· is the incumbent's value of the time; %s %s is better)\n\n%s", v.Space.Measure.Better(), v.Space.Measure, mechanisms.Table(v.Space, v.Trials)); err != nil {
		return err
	}
	for _, p := range v.Pending {
		if _, err := fmt.Fprintf(w, "in training: trial %d\n", p.Proposal.Seq); err != nil {
			return err
		}
	}
	return nil
}

func showSteering(w io.Writer, s *store.Store) error {
	acts := s.Steering()
	if len(acts) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nSteering (level 1.5)")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  from trial\tstrategy\tfrozen\tguidance")
	for _, a := range acts {
		x := a.Steering
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\n", x.Since, orDash(x.Strategy), orDash(strings.Join(x.Frozen, ", ")), orDash(firstLine(x.Guidance)))
	}
	return t.Flush()
}

// showGuidance tells what persons said, every line of it.
func showGuidance(w io.Writer, s *store.Store) error {
	all := s.Guidance()
	if len(all) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nGuidance of persons")
	for _, g := range all {
		if _, err := fmt.Fprintf(w, "  from trial %d, by bilevel %s: %s\n", g.From, orDash(g.Via), strings.ReplaceAll(g.Words(), "\n", "\n    ")); err != nil {
			return err
		}
	}
	return nil
}

func showRestarts(w io.Writer, s *store.Store) error {
	for _, x := range s.Restarts() {
		if _, err := fmt.Fprintf(w, "\nThe history was cleared before trial %d; the search resumed from trial %d\n", x.Seq, x.From); err != nil {
			return err
		}
	}
	return nil
}

func showSwitches(w io.Writer, s *store.Store) error {
	if cycles := s.Cycles(); len(cycles) > 0 {
		fmt.Fprintln(w, "\nPassages through level 2")
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, c := range cycles {
			fmt.Fprintf(t, "  %d\tbefore trial %d\t%s\t%s\t%s\n", c.N, c.Seq, c.Outcome, orDash(c.Mechanism), firstLine(c.Why))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	switches := s.Switches()
	if len(switches) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nChanges of charge")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range switches {
		fmt.Fprintf(t, "  from trial %d\t%s\t%s → %s\t%s\n", x.Seq, x.Kind, x.From, x.To, firstLine(x.Why))
	}
	return t.Flush()
}

func showCosts(w io.Writer, s *store.Store) error {
	spent, err := s.Usage()
	if err != nil || len(spent) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nLanguage model")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  level\tchats\ttokens in\ttokens out\tUS dollars")
	for _, u := range spent {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%s\n", u.Level, u.Chats, u.TokensIn, u.TokensOut, dollars(u, s.Meta().Simulated))
	}
	return t.Flush()
}

func dollars(u store.Usage, simulated bool) string {
	switch {
	case simulated:
		return "simulated"
	case u.CostUSD == 0:
		return "unknown"
	}
	return fmt.Sprintf("%.4f", u.CostUSD)
}

// showTimes says how much of the trials' time was training.
func showTimes(w io.Writer, s *store.Store) error {
	details, err := s.Details()
	if err != nil {
		return err
	}
	var training, around time.Duration
	trained, known := 0, 0
	for _, d := range details {
		if d.Memo {
			known++
		}
		if d.Memo || !d.Decided || d.Outcome.Result.Seconds == 0 {
			continue
		}
		trained++
		took := time.Duration(d.Outcome.Result.Seconds * float64(time.Second))
		training += took
		around += d.Settled.Sub(d.Proposed) - took
	}
	if trained == 0 {
		return nil
	}
	_, err = fmt.Fprintf(w, "\nTime: %d trials trained in %s, %s each; %s each between proposal and decision beside training; %d known from before\n",
		trained, duration(training), duration(training/time.Duration(trained)), duration(around/time.Duration(trained)), known)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
