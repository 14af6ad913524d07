package gen

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/templates"
)

// Repairs is how often a refused source goes back to the model.
const Repairs = 3

// Invent holds the dialogue and passes what it brings forth through the gates. An error means that the work could not be
// done (no toolchain, the model out of reach, its budget spent); asked again with the same replies, it goes on where it
// stopped, by way of the record of replies and the build cache.
func (p *Pipeline) Invent(ctx context.Context, o Occasion) (Invention, error) {
	return p.invent(ctx, p.model, o, alone)
}

// A pass sends a source through all steps and returns what they find.
type pass func(ctx context.Context, w *work, tell func(Step)) ([]vet.Finding, error)

// alone is the pass of a source by itself.
func alone(ctx context.Context, w *work, tell func(Step)) ([]vet.Finding, error) {
	return w.through(ctx, "", tell)
}

func (p *Pipeline) invent(ctx context.Context, m model.Model, o Occasion, through pass) (Invention, error) {
	inv := Invention{}
	tell := inv.tell(o.Step)
	shadow, err := p.predecessor(ctx, o.Mechanism, o.Source)
	if err != nil {
		return inv, err
	}
	source := o.Source
	if source == "" {
		if source, err = byHand(o.Mechanism); err != nil {
			return inv, err
		}
	}
	d := research.Begin(m, o.asked(source))
	plan, err := d.Plan(ctx, timed(tell))
	inv.Dialogue, inv.Spec = d.JSON(), plan.Text
	if ended, err := inv.unusable(err); ended || err != nil {
		return inv, err
	}
	if plan.None() {
		inv.Outcome, inv.Why = None, plan.Verdict.Why
		return inv, nil
	}
	w := work{p: p, idea: plan.Spec.Name, shadow: shadow, known: o.known(), tried: o.Tried, earlier: o.Sources, welcome: o.Welcome}
	err = p.candidates(ctx, o, d, plan, w, through, &inv, tell)
	inv.Dialogue = d.JSON()
	return inv, err
}

// tell keeps the steps that are over, and passes all of them on.
func (inv *Invention) tell(on func(Step)) func(Step) {
	return func(s Step) {
		if !s.Running {
			inv.Steps = append(inv.Steps, s)
		}
		if on != nil {
			on(s)
		}
	}
}

// candidates generates and repairs until a source passes every gate or the repairs are spent. A source that was refused
// before is not tried again, nor kept twice.
func (p *Pipeline) candidates(ctx context.Context, o Occasion, d *research.Dialogue, plan research.Plan, w work, through pass, inv *Invention, tell func(Step)) error {
	last, refusal := Candidate{}, templates.Refusal{}
	for attempt := range 1 + Repairs {
		reply, err := p.write(ctx, d, attempt, last.Source, refusal, tell)
		if err != nil {
			return err
		}
		next := w // every candidate starts afresh
		next.src, next.origin = []byte(reply), o.origin(d, plan, inv.Refused)
		findings, err := through(ctx, &next, tell)
		if err != nil {
			return err
		}
		if len(findings) == 0 {
			return inv.ready(&next, plan)
		}
		last = next.candidate(plan, findings)
		if !next.repeated {
			inv.Refused = append(inv.Refused, last)
			w.refused = append(w.refused, last)
		}
		refusal = templates.Refusal{Gate: last.Gate, Findings: words(findings), Left: Repairs - attempt - 1}
	}
	inv.Outcome, inv.Why = Refused, fmt.Sprintf("%d sources were refused, the last at %s", 1+Repairs, last.Reason())
	return nil
}

// write asks for a source, the first time by the spec and then by what was found. A reply with no program in it is an
// empty source, which the first gate refuses with words that say so.
func (p *Pipeline) write(ctx context.Context, d *research.Dialogue, attempt int, refused string, r templates.Refusal, tell func(Step)) (string, error) {
	name := "generate"
	if attempt > 0 {
		name = "repair"
	}
	done := timed(tell)(name)
	var reply string
	var err error
	if attempt == 0 {
		reply, err = d.Generate(ctx)
	} else {
		reply, err = d.Repair(ctx, refused, r)
	}
	source, _ := model.Source(reply)
	done(fmt.Sprintf("%d bytes", len(source)), err)
	return source, err
}

// timed turns a teller of steps into one that measures them.
func timed(tell func(Step)) func(string) func(string, error) {
	return func(name string) func(string, error) {
		tell(Step{Name: name, Running: true})
		began := time.Now()
		return func(detail string, err error) {
			if err != nil {
				detail = err.Error()
			}
			tell(Step{Name: name, OK: err == nil, Took: time.Since(began), Detail: detail})
		}
	}
}

// unusable ends an invention whose dialogue gave nothing that could be used. Any other error stays one.
func (inv *Invention) unusable(err error) (ended bool, _ error) {
	var u *research.UnusableError
	if errors.As(err, &u) {
		inv.Outcome, inv.Why = Refused, u.Error()
		return true, nil
	}
	return false, err
}

// ready ends an invention with a binary.
func (inv *Invention) ready(w *work, plan research.Plan) error {
	record := w.binary.Record
	record.Took, record.Driver = 0, "" // the steps tell these; the rest is the same when made again, warm or cold
	built, err := json.Marshal(record)
	if err != nil {
		return fmt.Errorf("build record of %s: %w", w.mechanism.Name, err)
	}
	inv.Outcome, inv.Why = Ready, idea(plan, w.mechanism)
	inv.Name, inv.Hash, inv.Source = w.mechanism.Name, w.mechanism.Hash, string(w.pkg.Source)
	inv.Path, inv.Binary, inv.Build, inv.Rehearsal = w.binary.Path, w.binary.Hash, built, w.rehearsal
	return nil
}

// candidate is a refused source as it is kept.
func (w *work) candidate(plan research.Plan, findings []vet.Finding) Candidate {
	source := w.pkg.Source
	if source == nil {
		source = w.src
	}
	return Candidate{
		Name: wrap.Name(w.idea, w.hash()), Idea: idea(plan, wrap.Mechanism{Doc: w.pkg.Doc}), Hash: w.hash(), Source: string(source), Gate: w.gate, Findings: findings,
	}
}

// idea is a mechanism in one sentence: the spec's, else its own comment's.
func idea(plan research.Plan, m wrap.Mechanism) string {
	if plan.Spec.Idea != "" {
		return plan.Spec.Idea
	}
	return m.Doc
}

// known lists the hashes of the sources that were in charge.
func (o Occasion) known() []string {
	var hashes []string
	for _, name := range slices.Sorted(maps.Keys(o.Sources)) {
		hashes = append(hashes, hashOf([]byte(o.Sources[name])))
	}
	if o.Source != "" {
		hashes = append(hashes, hashOf([]byte(o.Source)))
	}
	return hashes
}

func hashOf(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
