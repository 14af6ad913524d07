// Package catalog lists the mechanisms written by hand that every runner can carry: they import the standard library and
// this module only. Package full beside it adds those that need a library for linear algebra.
//
// To add one, give it a folder of its own beside this one, with a test of what it decides, and a line in All; the tests here
// examine it, and go run ./mechanisms/bench measures it.
package catalog

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/anneal"
	"github.com/seed161a02ea/bilevel/mechanisms/bandit"
	"github.com/seed161a02ea/bilevel/mechanisms/batch"
	"github.com/seed161a02ea/bilevel/mechanisms/coordinate"
	"github.com/seed161a02ea/bilevel/mechanisms/de"
	"github.com/seed161a02ea/bilevel/mechanisms/es"
	"github.com/seed161a02ea/bilevel/mechanisms/foldover"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/halving"
	"github.com/seed161a02ea/bilevel/mechanisms/memory"
	"github.com/seed161a02ea/bilevel/mechanisms/orthogonal"
	"github.com/seed161a02ea/bilevel/mechanisms/placebo"
	"github.com/seed161a02ea/bilevel/mechanisms/plackett"
	"github.com/seed161a02ea/bilevel/mechanisms/random"
	"github.com/seed161a02ea/bilevel/mechanisms/sobol"
	"github.com/seed161a02ea/bilevel/mechanisms/tabu"
	"github.com/seed161a02ea/bilevel/mechanisms/tpe"
)

// All lists the mechanisms by name.
var All = []mechanisms.Entry{
	{Name: "anneal", Doc: "moves one parameter at random and at first accepts worse points too", New: func() mechanisms.Mechanism { return anneal.New() }},
	{Name: "bandit", Doc: "asks the model to change the parameter whose changes were kept most often, with a bonus for those seldom tried", New: func() mechanisms.Mechanism { return bandit.New() }},
	{Name: "batch", Doc: "asks the model for four lines of work from one point, each on parameters of its own, and goes on from the best", New: func() mechanisms.Mechanism { return batch.New() }},
	{Name: "coordinate", Doc: "changes one random parameter by a random step, without the model", New: func() mechanisms.Mechanism { return coordinate.New() }},
	{Name: "de", Doc: "evolves a small population by the differences of its members", New: func() mechanisms.Mechanism { return de.New() }},
	{Name: "es", Doc: "moves all parameters at once by normal steps whose size follows the one-fifth rule", New: func() mechanisms.Mechanism { return es.New() }},
	{Name: "foldover", Doc: "after a discarded change of one parameter tries the opposite change, else asks the model", New: func() mechanisms.Mechanism { return foldover.New() }},
	{Name: "greedy", Doc: "asks the model freely and keeps what is better", New: func() mechanisms.Mechanism { return greedy.New() }},
	{Name: "halving", Doc: "makes bold random moves and stops all but the best third at every point of their learning curves", New: func() mechanisms.Mechanism { return halving.New() }},
	{Name: "memory", Doc: "follows the lessons of earlier runs that this run does not contradict, else asks the model", New: func() mechanisms.Mechanism { return memory.New() }},
	{Name: "orthogonal", Doc: "measures seven parameters at once by an orthogonal array, then tries the best combination, without the model", New: func() mechanisms.Mechanism { return orthogonal.New() }},
	{Name: "placebo", Doc: "decides exactly as greedy does, as another type: the control for a hand-over", New: func() mechanisms.Mechanism { return placebo.New() }},
	{Name: "plackett", Doc: "screens all parameters by a Plackett-Burman design, then follows the strongest effects, without the model", New: func() mechanisms.Mechanism { return plackett.New() }},
	{Name: "random", Doc: "draws every point anew", New: func() mechanisms.Mechanism { return random.New() }},
	{Name: "sobol", Doc: "spreads its points evenly by a Sobol sequence", New: func() mechanisms.Mechanism { return sobol.New() }},
	{Name: "tabu", Doc: "turns the model away from changes that were discarded in the last trials", New: func() mechanisms.Mechanism { return tabu.New() }},
	{Name: "tpe", Doc: "proposes what is likeliest among the best trials relative to the others, parameter by parameter", New: func() mechanisms.Mechanism { return tpe.New() }},
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
