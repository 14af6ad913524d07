package surfaces

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// An Order says what mechanisms are measured on. It travels as JSON to the process that a mechanism is compiled into, so
// that figures of mechanisms in different processes are of the same instances.
type Order struct {
	Families []string `json:"families"` // names of Families
	Proposer string   `json:"proposer"` // name of one of Proposers
	Seeds    []uint64 `json:"seeds"`    // of the instances; one search each
}

// Proposers lists what can play the language model.
var Proposers = []struct {
	Name string
	Doc  string
	Ask  Proposer
}{
	{"rut", "stays on a parameter and comes back to what was discarded, as language models do", standin.Rut},
	{"unbiased", "changes a random parameter", standin.Suggest},
}

// Measure measures a mechanism on each family in turn.
func (o Order) Measure(e mechanisms.Entry) ([]Figures, error) {
	var ask Proposer
	for _, p := range Proposers {
		if p.Name == o.Proposer {
			ask = p.Ask
		}
	}
	if ask == nil {
		return nil, fmt.Errorf("measure %s: no proposer %q, want rut or unbiased", e.Name, o.Proposer)
	}
	var all []Figures
	for _, name := range o.Families {
		f, ok := Find(name)
		if !ok {
			return nil, fmt.Errorf("measure %s: no family %q of surfaces", e.Name, name)
		}
		g, err := Measure(e, f, ask, o.Seeds)
		if err != nil {
			return nil, err
		}
		all = append(all, g)
	}
	return all, nil
}

// Find returns the family of this name.
func Find(name string) (Family, bool) {
	for _, f := range Families {
		if f.Name == name {
			return f, true
		}
	}
	return Family{}, false
}
