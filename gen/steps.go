package gen

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// The steps from source text to a rehearsed binary, in order. A step that finds something in the source ends the work.
var steps = []struct {
	name string
	run  func(*work, context.Context) (detail string, findings []vet.Finding, err error)
}{
	{"parse", (*work).parse},
	{"typecheck", (*work).typecheck},
	{"vet", (*work).vet},
	{"wrap", (*work).wrap},
	{"build", (*work).build},
	{"conform", (*work).conform},
	{"replay", (*work).replay},
	{"rehearse", (*work).rehearse},
}

// Gates returns the names of the steps, in order.
func Gates() []string {
	var names []string
	for _, s := range steps {
		names = append(names, s.name)
	}
	return names
}

// work is one source on its way through the steps.
type work struct {
	p       *Pipeline
	src     []byte             // as received
	idea    string             // names the mechanism; empty takes the Go package's name
	shadow  wrap.Mechanism     // the mechanism in charge; none when its Name is empty
	known   []string           // hashes of sources that were in charge before
	tried   []model.Tried      // mechanisms of earlier cycles, by name
	earlier map[string]string  // sources of mechanisms of earlier cycles, by name
	refused []Candidate        // of this cycle
	welcome wire.Welcome       // to rehearse on
	origin  *provenance.Origin // nil for a source that nobody asked a model for
	placebo bool               // it is to decide as the shadow does, and is refused where it does not

	room        *room // nil for one of its own
	checker     *vet.Checker
	shelved     bool // the gates that only read a source have passed this one before
	pkg         vet.Package
	mechanism   wrap.Mechanism
	pair        wrap.Pair // the mechanism and its shadow
	binary      build.Binary
	fingerprint string // by conform
	rehearsal   Rehearsal
	passed      []provenance.Gate
	gate        string // of the step that is running, or that refused the source
	repeated    bool   // the source was refused, or in charge, before
}

// through passes the source through the steps up to and with the one named last, all where that is empty. The findings are those of the step that
// refused it. tell may be nil. An error means that a step could not do its work.
func (w *work) through(ctx context.Context, last string, tell func(Step)) ([]vet.Finding, error) {
	if tell == nil {
		tell = func(Step) {}
	}
	for _, s := range steps {
		w.gate = s.name
		tell(Step{Name: s.name, Running: true})
		began := time.Now()
		detail, findings, err := s.run(w, ctx)
		if len(findings) > 0 {
			detail = fmt.Sprintf("%d findings", len(findings))
		}
		if err != nil {
			detail = err.Error()
		}
		tell(Step{Name: s.name, OK: err == nil && len(findings) == 0, Took: time.Since(began), Detail: detail})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", s.name, err)
		}
		if len(findings) > 0 || s.name == last {
			return findings, nil
		}
		w.passed = append(w.passed, provenance.Gate{Name: s.name, Found: detail})
	}
	return nil, nil
}

// meeting is the room that the source is in.
func (w *work) meeting(ctx context.Context) *room {
	if w.room == nil {
		w.room = &room{p: w.p, ctx: ctx, members: 1}
	}
	return w.room
}

func (w *work) parse(ctx context.Context) (string, []vet.Finding, error) {
	var err error
	if w.checker, err = w.p.check(ctx); err != nil {
		return "", nil, err
	}
	var findings []vet.Finding
	var before reading
	if before, w.shelved = w.p.shelf.find(w.src); w.shelved {
		w.pkg, w.mechanism = before.pkg, before.mechanism
	} else {
		w.pkg, findings = w.checker.Parse(w.src)
	}
	if again := w.unchanged(); again != nil {
		findings = again
	}
	return fmt.Sprintf("%d bytes", len(w.pkg.Source)), findings, nil
}

// hash names the source: after gofmt where it parses.
func (w *work) hash() string {
	if w.pkg.Hash == "" {
		return hashOf(w.src)
	}
	return w.pkg.Hash
}

// unchanged recognises a source that was refused in this cycle: it need not be tried to be refused again.
func (w *work) unchanged() []vet.Finding {
	for _, c := range w.refused {
		if c.Hash == w.hash() {
			w.repeated, w.gate = true, c.Gate
			return append([]vet.Finding{{Gate: c.Gate, Rule: "unchanged", Message: "this is the source that was refused before, to the byte: the findings still stand"}}, c.Findings...)
		}
	}
	return nil
}

func (w *work) typecheck(context.Context) (string, []vet.Finding, error) {
	if w.shelved {
		return "", nil, nil
	}
	return "", w.checker.Typecheck(&w.pkg), nil
}

func (w *work) vet(context.Context) (string, []vet.Finding, error) {
	var findings []vet.Finding
	if !w.shelved {
		findings = w.checker.Vet(&w.pkg)
	}
	return fmt.Sprintf("%d analyzers", len(vet.Suite)), findings, nil
}

func (w *work) wrap(context.Context) (string, []vet.Finding, error) {
	idea := w.idea
	if idea == "" {
		idea = w.pkg.Name
	}
	var err error
	if !w.shelved {
		if w.mechanism, err = compiled(w.pkg); err != nil {
			return "", nil, err
		}
		w.p.shelf.put(w.src, w.pkg, w.mechanism)
	}
	w.mechanism.Name = wrap.Name(idea, w.pkg.Hash)
	if findings := w.before(); findings != nil {
		return "", findings, nil
	}
	if w.mechanism.Provenance, err = w.account(); err != nil {
		return "", nil, err
	}
	w.pair = wrap.Pair{Current: w.mechanism, Shadow: w.shadow}
	_, err = wrap.Selected(w.pair)
	return w.mechanism.Name, nil, err
}

// before recognises a source of an earlier cycle.
func (w *work) before() []vet.Finding {
	for _, t := range w.tried {
		if t.Name == w.mechanism.Name {
			w.repeated = true
			return []vet.Finding{{Gate: "wrap", Rule: "repeated", Message: fmt.Sprintf("this is, to the byte, the source of %s, a mechanism of an earlier cycle (%s %s): write one that decides otherwise", t.Name, t.Outcome, t.Why)}}
		}
	}
	if slices.Contains(w.known, w.pkg.Hash) {
		return []vet.Finding{{Gate: "wrap", Rule: "repeated", Message: "this is, to the byte, the source of a mechanism that was in charge before: write one that decides otherwise"}}
	}
	return nil
}

func (w *work) build(ctx context.Context) (string, []vet.Finding, error) {
	var err error
	w.binary, err = w.meeting(ctx).build(w.pair)
	var refused *build.CompileError
	if errors.As(err, &refused) {
		return "", []vet.Finding{{Gate: "build", Rule: "compiler", Message: refused.Output}}, nil
	}
	detail := fmt.Sprintf("%d KiB by %s", w.binary.Size>>10, w.binary.Record.Driver)
	if w.binary.Cached {
		detail += ", from the cache"
	}
	return detail, nil, err
}
