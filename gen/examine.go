package gen

import (
	"context"
	"slices"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// An Examination is how a source that nobody asked a model for is looked at: a file on somebody's disk.
type Examination struct {
	Idea    string             // names the mechanism; empty takes the Go package's name
	Against string             // name of the mechanism it would replace, for Build and Test; empty is none, and then nothing is inert
	Source  string             // of that mechanism; empty when it is written by hand
	Welcome wire.Welcome       // the view to rehearse on, for Test; it needs a space, and need not have trials
	Written *provenance.Origin // of one that a model wrote, so that the same runner comes out; nil for any other
	Step    func(Step)         // told of every step as it begins and ends; may be nil
}

// A Report is what the steps said of a source.
type Report struct {
	Name      string        `json:"name"` // of the mechanism, by its Go package; empty before the step wrap
	Doc       string        `json:"doc,omitempty"`
	Package   string        `json:"package,omitempty"` // its Go package
	Type      string        `json:"type,omitempty"`    // the struct that implements the contract; empty before it is vetted
	Hash      string        `json:"hash"`              // sha256 of the source after gofmt, in hex
	Gate      string        `json:"gate,omitempty"`    // that refused it; empty when it passed
	Findings  []vet.Finding `json:"findings,omitempty"`
	Binary    *build.Binary `json:"binary,omitempty"`
	Rehearsal *Rehearsal    `json:"rehearsal,omitempty"`
	Steps     []Step        `json:"steps"`
}

// OK reports whether the source passed.
func (r Report) OK() bool { return r.Gate == "" }

// Inert reports whether the source was refused because it decides as another mechanism does.
func (r Report) Inert() bool {
	return slices.ContainsFunc(r.Findings, func(f vet.Finding) bool { return f.Rule == ruleDuplicate || f.Rule == ruleInert })
}

// Vet parses, type-checks and vets a source.
func (p *Pipeline) Vet(ctx context.Context, src []byte, e Examination) (Report, error) {
	return p.examine(ctx, src, e, "vet")
}

// Build vets a source and builds a runner with it.
func (p *Pipeline) Build(ctx context.Context, src []byte, e Examination) (Report, error) {
	return p.examine(ctx, src, e, "build")
}

// Test passes a source through every gate.
func (p *Pipeline) Test(ctx context.Context, src []byte, e Examination) (Report, error) {
	return p.examine(ctx, src, e, "rehearse")
}

func (p *Pipeline) examine(ctx context.Context, src []byte, e Examination, last string) (Report, error) {
	shadow, err := p.predecessor(ctx, e.Against, e.Source)
	if err != nil {
		return Report{}, err
	}
	var r Report
	w := work{p: p, src: src, idea: e.Idea, shadow: shadow, welcome: e.Welcome, origin: e.Written}
	r.Findings, err = w.through(ctx, last, func(s Step) {
		if !s.Running {
			r.Steps = append(r.Steps, s)
		}
		if e.Step != nil {
			e.Step(s)
		}
	})
	if err != nil {
		return r, err
	}
	if len(r.Findings) > 0 {
		r.Gate = w.gate
	}
	r.Name, r.Doc, r.Hash = w.mechanism.Name, w.pkg.Doc, w.pkg.Hash
	r.Package, r.Type = w.pkg.Name, w.pkg.Type
	if w.binary.Path != "" {
		r.Binary = &w.binary
	}
	if w.rehearsal.Decisions > 0 || w.rehearsal.Error != "" {
		r.Rehearsal = &w.rehearsal
	}
	return r, nil
}
