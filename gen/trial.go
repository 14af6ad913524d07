package gen

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// What one run of a new binary may take, beside Options.Limit. A mechanism's decisions take microseconds; the conformance
// kit makes a few thousand of them.
const (
	runPatience = 6       // times Options.Limit, of wall-clock time: a busy machine must not decide what passes
	runOutput   = 1 << 20 // bytes
	runMemory   = 4 << 30 // bytes of address space; a runner at rest has 1.2 GiB
)

// A Rehearsal is what a new mechanism decides in the run's own space, beside the one in charge: on the recorded trace, on the
// live view, and in a search on a made-up landscape.
type Rehearsal struct {
	Decisions int       `json:"decisions"` // asked of both
	Differs   int       `json:"differs"`   // where they decided otherwise
	Error     string    `json:"error,omitempty"`
	Examples  []Example `json:"examples,omitempty"` // the first few differences
	Next      string    `json:"next,omitempty"`     // what it would propose now
	Replay    *Replay   `json:"replay,omitempty"`   // what was found elsewhere
}

// maxExamples is how many differences a rehearsal keeps.
const maxExamples = 6

// An Example is a decision that the two mechanisms took otherwise.
type Example struct {
	Where string `json:"where"` // "trace", "live" or "landscape"
	Seq   int    `json:"seq"`
	What  string `json:"what"` // "proposal", "pruning" or "verdict"
	Is    string `json:"is"`
	Was   string `json:"was"` // what the mechanism in charge decided
}

// conform asks the binary which mechanism is in it, and has it check that mechanism against the contract.
func (w *work) conform(ctx context.Context) (string, []vet.Finding, error) {
	var about struct {
		Current struct{ Name, Hash string } `json:"current"`
	}
	var said struct {
		Findings    []struct{ Check, Message string } `json:"findings"`
		Fingerprint string                            `json:"fingerprint"`
	}
	findings, err := w.ask(ctx, question{verb: "conform", pair: w.byItself(), out: &said}, question{verb: "about", pair: w.pair, out: &about})
	if err != nil {
		return "", nil, err
	}
	if len(findings) == 0 && (about.Current.Name != w.mechanism.Name || about.Current.Hash != w.mechanism.Hash) {
		return "", nil, fmt.Errorf("the binary runs mechanism %q (%.12s), want %q (%.12s)", about.Current.Name, about.Current.Hash, w.mechanism.Name, w.mechanism.Hash)
	}
	if w.fingerprint = said.Fingerprint; len(findings)+len(said.Findings) == 0 {
		err = w.remember()
	}
	for _, f := range said.Findings {
		findings = append(findings, vet.Finding{Gate: "conform", Rule: f.Check, Message: f.Message})
	}
	return "", findings, err
}

// rehearse has the binary decide on the live view and on a landscape over the run's space, twice: two processes must say the
// same to the byte. A mechanism that decides everything as the one in charge does would be a change of nothing but the name.
func (w *work) rehearse(ctx context.Context) (string, []vet.Finding, error) {
	var r Rehearsal
	if findings, err := w.ask(ctx, question{verb: "rehearse", pair: w.pair, in: wire.Welcome{View: w.welcome.View}, out: &r, twice: true}); err != nil || len(findings) > 0 {
		return "", findings, err
	}
	whole := &w.rehearsal // the trace was replayed
	whole.Decisions, whole.Differs = whole.Decisions+r.Decisions, whole.Differs+r.Differs
	whole.Error, whole.Next = r.Error, r.Next
	whole.Examples = append(whole.Examples, r.Examples...)
	whole.Examples = whole.Examples[:min(len(whole.Examples), maxExamples)]
	detail := fmt.Sprintf("%d of %d decisions differ from %s", whole.Differs, whole.Decisions, w.shadow.Name)
	switch {
	case r.Error != "":
		return detail, w.refuse("error", "%s", r.Error), nil
	case w.placebo && whole.Differs > 0:
		return detail, w.refuse("placebo", "in %d of %d decisions of the rehearsal the placebo decided otherwise than %s, which is in charge", whole.Differs, whole.Decisions, w.shadow.Name), nil
	case w.shadow.Name != "" && whole.Differs == 0 && !w.placebo:
		return detail, w.refuse(ruleInert, "in all %d decisions in the space of this run, on the recorded trace and in the rehearsal, the mechanism decided exactly as %s, which is in charge: it would change nothing here. Look at when its own rule applies, and make it apply within the first ten trials of a search", whole.Decisions, w.shadow.Name), nil
	}
	return detail, nil, nil
}

// refuse is a finding of the gate that is at work.
func (w *work) refuse(rule, format string, args ...any) []vet.Finding {
	return []vet.Finding{{Gate: w.gate, Rule: rule, Message: fmt.Sprintf(format, args...)}}
}

// cut shortens words that a program wrote.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + " ..."
}
