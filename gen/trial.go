package gen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/child"
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
	if findings, err := w.try(ctx, "about", nil, &about); err != nil || len(findings) > 0 {
		return "", findings, err
	}
	if about.Current.Name != w.mechanism.Name || about.Current.Hash != w.mechanism.Hash {
		return "", nil, fmt.Errorf("the binary runs mechanism %q (%.12s), want %q (%.12s)", about.Current.Name, about.Current.Hash, w.mechanism.Name, w.mechanism.Hash)
	}
	var said struct {
		Findings    []struct{ Check, Message string } `json:"findings"`
		Fingerprint string                            `json:"fingerprint"`
	}
	findings, err := w.try(ctx, "conform", nil, &said)
	if w.fingerprint = said.Fingerprint; err == nil && len(findings)+len(said.Findings) == 0 {
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
	if findings, err := w.twice(ctx, "rehearse", wire.Welcome{View: w.welcome.View}, &r); err != nil || len(findings) > 0 {
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

func (w *work) refuse(rule, format string, args ...any) []vet.Finding {
	return []vet.Finding{{Gate: w.gate, Rule: rule, Message: fmt.Sprintf(format, args...)}}
}

// try runs one verb of the new binary and reads its JSON; into several places, in as many processes at once. A binary that
// dies, hangs, or writes something else is a finding about the mechanism in it.
func (w *work) try(ctx context.Context, verb string, in []byte, out ...any) ([]vet.Finding, error) {
	if w.asked == nil {
		w.asked = map[string]int{}
	}
	var all []*request
	for range out {
		t := trial{runner: w.binary, verb: verb, pair: w.pair, in: in}
		id := t.key()
		t.times = w.asked[id]
		w.asked[id]++
		all = append(all, &request{trial: &t})
	}
	w.meeting(ctx).ask(all...)
	for i, q := range all {
		if findings, err := w.read(verb, q, out[i]); err != nil || len(findings) > 0 {
			return findings, err
		}
	}
	return nil, nil
}

// read reads an answer.
func (w *work) read(verb string, q *request, out any) ([]vet.Finding, error) {
	var f *child.Failure
	if errors.As(q.err, &f) && len(w.p.within) > 0 && f.Status == child.NotStarted {
		return nil, fmt.Errorf("the runner was not started, and its mechanism is not to blame: %w", q.err)
	}
	if errors.As(q.err, &f) {
		return []vet.Finding{{Gate: w.gate, Rule: "process", Message: fmt.Sprintf("the runner with this mechanism in it did not finish %s: %s; every call must end within milliseconds, hold little memory, and leave the process alone", verb, death(f))}}, nil
	}
	if q.err != nil {
		return nil, q.err
	}
	if err := json.Unmarshal(q.result.Stdout, out); err != nil {
		return []vet.Finding{{Gate: w.gate, Rule: "process", Message: fmt.Sprintf("the runner with this mechanism in it answered %s with something that is not its answer (%v): print nothing", verb, err)}}, nil
	}
	return nil, nil
}

// cut shortens words that a program wrote.
func cut(s string, most int) string {
	if len(s) <= most {
		return s
	}
	return s[:most] + " ..."
}
