// Package catalog lists the mechanisms written by hand that every runner can carry: they import the standard library and
// this module only.
package catalog

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/bandit"
	"github.com/seed161a02ea/bilevel/mechanisms/coordinate"
	"github.com/seed161a02ea/bilevel/mechanisms/foldover"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/orthogonal"
	"github.com/seed161a02ea/bilevel/mechanisms/placebo"
	"github.com/seed161a02ea/bilevel/mechanisms/tabu"
)

// All lists the mechanisms by name.
var All = []mechanisms.Entry{
	{Name: "bandit", Doc: "asks the model to change the parameter whose changes were kept most often, with a bonus for those seldom tried", New: func() mechanisms.Mechanism { return bandit.New() }},
	{Name: "coordinate", Doc: "changes one random parameter by a random step, without the model", New: func() mechanisms.Mechanism { return coordinate.New() }},
	{Name: "foldover", Doc: "after a discarded change of one parameter tries the opposite change, else asks the model", New: func() mechanisms.Mechanism { return foldover.New() }},
	{Name: "greedy", Doc: "asks the model freely and keeps what is better", New: func() mechanisms.Mechanism { return greedy.New() }},
	{Name: "orthogonal", Doc: "measures seven parameters at once by an orthogonal array, then tries the best combination, without the model", New: func() mechanisms.Mechanism { return orthogonal.New() }},
	{Name: "placebo", Doc: "decides exactly as greedy does, as another type: the control for a hand-over", New: func() mechanisms.Mechanism { return placebo.New() }},
	{Name: "tabu", Doc: "turns the model away from changes that were discarded in the last trials", New: func() mechanisms.Mechanism { return tabu.New() }},
}

// Find returns the mechanism of this name, or an error that lists the names there are.
func Find(name string) (mechanisms.Entry, error) {
	var names []string
	for _, e := range All {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return mechanisms.Entry{}, fmt.Errorf("find mechanism %q: want one of %s", name, strings.Join(names, ", "))
}
