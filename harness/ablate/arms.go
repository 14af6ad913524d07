package ablate

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
)

// A PlannedArm is an arm with how its runs are made.
type PlannedArm struct {
	Arm
	Procedure Procedure `json:"procedure"`
}

// The kinds of arms.
const (
	KindGroup     = "group"
	KindControl   = "control"
	KindSystem    = "system"
	KindYardstick = "yardstick"
	KindMechanism = "mechanism" // any other, by its name
)

// DefaultArms are what is compared where nothing else is said: the groups, the controls, the systems of the published
// comparison and the classical yardsticks.
var DefaultArms = []string{
	"A", "B", "C", "D", "R", "P", "single", "batches", "memory",
	"random", "coordinate", "foldover", "es", "tpe", "cmaes", "gp",
}

// batchOf is how many trials a batch of mechanism batch has, which then are trained side by side.
const batchOf = 4

// FindArm returns the arm of a name: one of DefaultArms, or any mechanism written by hand. Levels 1.5 and 2 act every so many
// decided trials in the arms that have them.
func FindArm(name string, steerEvery, inventEvery int) (PlannedArm, error) {
	steered, invented := evolve.Settings{SteerEvery: steerEvery}, evolve.Settings{InventEvery: inventEvery}
	both := evolve.Settings{SteerEvery: steerEvery, InventEvery: inventEvery}
	greedy := func(name, kind, doc string, s evolve.Settings, what Invents) PlannedArm {
		return PlannedArm{Arm{Name: name, Doc: doc, Kind: kind}, Procedure{Mechanism: "greedy", Settings: s, Invents: what, Parallel: 1}}
	}
	switch name {
	case "A":
		return greedy(name, KindGroup, "level 1: the model proposes one change after another, and what is better is kept", evolve.Settings{}, InventsNothing), nil
	case "B":
		return greedy(name, KindGroup, "levels 1 and 1.5: the model also freezes parameters, sets a strategy and writes guidance", steered, InventsNothing), nil
	case "C":
		return greedy(name, KindGroup, "levels 1, 1.5 and 2: the model also rewrites the search procedure", both, InventsByModel), nil
	case "D":
		return greedy(name, KindGroup, "levels 1 and 2, without 1.5", invented, InventsByModel), nil
	case "R":
		s := evolve.Settings{SteerEvery: steerEvery, RestartEvery: inventEvery}
		return greedy(name, KindControl, "C with no new code: the history is cleared when level 2 would act, as the published system did, and nothing else is changed", s, InventsNothing), nil
	case "P":
		s := evolve.Settings{InventEvery: inventEvery, KeepInert: true}
		return greedy(name, KindControl, "A with hand-overs to a mechanism that decides exactly as the one before; its runs must equal A's in every bit", s, InventsPlacebo), nil
	case "single":
		return greedy(name, KindSystem, "single track keep or discard (Karpathy's autoresearch): by construction the same program as A, so its runs are A's and are not made twice", evolve.Settings{}, InventsNothing), nil
	case "batches":
		doc := fmt.Sprintf("batches of %d side by side from one base, of which the best is promoted (AutoResearchClaw as the paper describes it)", batchOf)
		return PlannedArm{Arm{Name: name, Doc: doc, Kind: KindSystem}, Procedure{Mechanism: "batch", Parallel: batchOf}}, nil
	case "memory":
		doc := "persistent memory (EvoScientist as the paper describes it): begins with the lessons of its own earlier runs of this plan on other tasks"
		return PlannedArm{Arm{Name: name, Doc: doc, Kind: KindSystem}, Procedure{Mechanism: "memory", Parallel: 1, Remembers: true}}, nil
	}
	kind := KindMechanism
	for i := range DefaultArms {
		if DefaultArms[i] == name {
			kind = KindYardstick
		}
	}
	e, err := findEntry(name)
	if err != nil {
		return PlannedArm{}, err
	}
	return PlannedArm{Arm{Name: name, Doc: e.Doc, Kind: kind}, Procedure{Mechanism: name, Parallel: 1}}, nil
}

// findEntry finds a mechanism written by hand, those included that need more than the standard library.
func findEntry(name string) (mechanisms.Entry, error) {
	names := []string{"A", "B", "C", "D", "R", "P", "single", "batches", "memory"}
	for _, e := range full.All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return mechanisms.Entry{}, fmt.Errorf("arm %q, want one of %s", name, strings.Join(names, ", "))
}
