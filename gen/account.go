package gen

import (
	"encoding/json"

	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/research"
)

// origin is what is known of a candidate's occasion while the dialogue is at it.
func (o Occasion) origin(d *research.Dialogue, plan research.Plan, refused []Candidate) *provenance.Origin {
	v := o.Welcome.View
	origin := &provenance.Origin{Seed: v.RunSeed, Cycle: o.Cycle, Trials: len(v.Trials), Space: v.Space.Name, Spec: plan.Text, Dialogue: d.JSON()}
	for _, c := range refused {
		origin.Refused = append(origin.Refused, provenance.Refused{Hash: c.Hash, Findings: c.Findings})
	}
	return origin
}

// account is the provenance that is compiled into the runner.
func (w *work) account() (json.RawMessage, error) {
	a := provenance.Account{
		Name: w.mechanism.Name, Doc: w.mechanism.Doc, Hash: w.mechanism.Hash, Source: string(w.mechanism.Source), Written: w.origin, Gates: w.passed,
		Toolchain: w.p.builder.Toolchain().String(), Snapshot: w.p.builder.Snapshot().Hash,
		Compiled: provenance.Hash(w.mechanism.Compiled), Guards: provenance.Hash(w.mechanism.Guards),
	}
	if w.shadow.Name != "" {
		a.Parent = &provenance.Parent{Name: w.shadow.Name, Hash: w.shadow.Hash}
	}
	return a.Encode()
}
