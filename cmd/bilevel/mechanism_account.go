package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/harness/quote"
)

// rows are what an account says in a line each; row writes one.
func rows(a *provenance.Account, row func(name, format string, args ...any)) error {
	rounds, err := dialogue(a)
	if err != nil {
		return err
	}
	if author := author(rounds); author != "" {
		row("written by", "%s", author)
	}
	if o := a.Written; o != nil {
		row("occasion", "cycle %d of level 2 of a run with seed %d, after %d trials in the space %s", o.Cycle, o.Seed, o.Trials, o.Space)
	}
	if a.Parent != nil {
		row("to replace", "%s", a.Parent.Name)
	}
	for i, g := range a.Gates {
		name := ""
		if i == 0 {
			name = "passed before"
		}
		row(name, "%s  %s", g.Name, quote.Line(g.Found, 160))
	}
	row("compiled from", "%s  with guards put in", a.Compiled)
	row("", "%s  the guards' counters", a.Guards)
	row("", "%s  the sources of bilevel, with %s", a.Snapshot, a.Toolchain)
	return nil
}

// texts writes what an account holds in full: what the gates sent back, the spec, the source, the dialogue.
func texts(out io.Writer, a *provenance.Account) error {
	section := func(title, text string) {
		fmt.Fprintf(out, "\n%s\n\n", title)
		for line := range strings.Lines(strings.TrimRight(quote.Text(text), "\n") + "\n") {
			fmt.Fprintf(out, "    %s", line)
		}
	}
	if o := a.Written; o != nil {
		for i, r := range o.Refused {
			var b strings.Builder
			for _, f := range r.Findings {
				fmt.Fprintf(&b, "%s: %s\n", f.Gate, f)
			}
			section(fmt.Sprintf("Sent back, attempt %d (source %.12s)", i+1, r.Hash), b.String())
		}
		section("Spec", o.Spec)
	}
	section("Source", a.Source)
	rounds, err := dialogue(a)
	for _, r := range rounds {
		section("Dialogue: "+quote.Line(r.Purpose, 40)+", asked", r.Prompt)
		section("Dialogue: "+quote.Line(r.Purpose, 40)+", answered by "+quote.Line(r.Model, 80), r.Reply)
		if r.Problem != "" {
			section("Dialogue: not usable, because", r.Problem)
		}
	}
	return err
}

func dialogue(a *provenance.Account) ([]research.Round, error) {
	if a.Written == nil || len(a.Written.Dialogue) == 0 {
		return nil, nil
	}
	var rounds []research.Round
	if err := json.Unmarshal(a.Written.Dialogue, &rounds); err != nil {
		return nil, fmt.Errorf("dialogue of %s: %w", a.Name, err)
	}
	return rounds, nil
}

// author is who gave the last reply, which is the source.
func author(rounds []research.Round) string {
	if len(rounds) == 0 {
		return ""
	}
	last := rounds[len(rounds)-1]
	if last.Simulated {
		return quote.Line(last.Model, 80) + " (SIMULATED: no language model took part)"
	}
	return quote.Line(last.Model, 80)
}
