package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// beside prints, for the summary, what was trained beside the trials and what of them was not: the noise that training points
// again has shown, and the budget that stopping trials early saved.
func beside(w io.Writer, s *store.Store) error {
	saved, err := evolve.SavedOf(s)
	if err != nil {
		return err
	}
	if text := saved.Words(); text != "" {
		fmt.Fprintf(w, "saved\t%s\n", text)
	}
	n, err := evolve.NoiseOf(s)
	if err != nil {
		return err
	}
	for _, words := range n.Words(s.Meta().Space.Measure) {
		fmt.Fprintf(w, "%s\t%s\n", words[0], words[1])
	}
	return nil
}

// showAnchors lists the points that were trained again.
func showAnchors(w io.Writer, s *store.Store) error {
	anchors, err := s.Anchors()
	if err != nil || len(anchors) == 0 {
		return err
	}
	trials, m := s.Whole().Trials, s.Meta().Space.Measure
	fmt.Fprintln(w, "\nTrained again, to measure the noise (no trials)")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "  before trial\tpoint of trial\t%s\tfrom the first time\ttokens/s\n", m)
	for _, a := range anchors {
		r, value, change, speed := a.Outcome.Result, string(a.Outcome.Status), "-", "-"
		if a.Outcome.Status == "complete" {
			value, change = fmt.Sprintf("%.4f", m.Own(r.BPB)), fmt.Sprintf("%+.4f", m.Own(r.BPB-trials[a.Of].BPB))
		}
		if r.Tokens > 0 && r.Seconds > 0 {
			speed = thousands(float64(r.Tokens) / r.Seconds)
		}
		fmt.Fprintf(t, "  %d\t%d\t%s\t%s\t%s\n", a.Before, a.Of, value, change, speed)
	}
	return t.Flush()
}

// showStopped lists the trials that were stopped early.
func showStopped(w io.Writer, s *store.Store) error {
	saved, err := evolve.SavedOf(s)
	if err != nil || saved.Stopped == 0 {
		return err
	}
	fmt.Fprintln(w, "\nStopped early (each is one of the run's trials all the same)")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  trial\tstopped at\tFLOPs saved\tseconds saved")
	for _, x := range saved.Each {
		flops, seconds := "-", "-"
		if x.FLOPs > 0 {
			flops = fmt.Sprintf("%.3g", x.FLOPs)
		}
		if x.Seconds > 0 {
			seconds = fmt.Sprintf("about %.1f", x.Seconds)
		}
		if x.Known {
			seconds = "none: known from before"
		}
		fmt.Fprintf(t, "  %d\t%.0f %%\t%s\t%s\n", x.Seq, 100*x.At, flops, seconds)
	}
	return t.Flush()
}
