package ablate

import (
	"errors"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// A Plan says which runs an ablation has, in which order, and nothing of how far they are. With the answers of the model it
// decides every byte of the result.
type Plan struct {
	Title    string        `json:"title"`
	Setting  Setting       `json:"setting"`
	Arms     []PlannedArm  `json:"arms"`
	Tasks    []PlannedTask `json:"tasks"`
	Seeds    []uint64      `json:"seeds"`
	Profiles []string      `json:"profiles"`        // of the simulated model; one empty string where a real one answers
	Pairs    int           `json:"pairs,omitempty"` // units of a profile; 0 is every task with every seed
	Makes    bool          `json:"makes,omitempty"` // what level 2 made is kept, to be held out (HeldOutPlan)
	Paper    bool          `json:"paper,omitempty"` // it is the paper's protocol (PaperPlan), and is shown beside the paper's table
}

// A PlannedTask is a task with what makes it.
type PlannedTask struct {
	Task
	Spec task.Spec `json:"spec"`
	// Null says that the default is the optimum, so that all that a search can do is harm. Such tasks are kept apart: there is
	// no regret on them.
	Null bool `json:"null,omitempty"`
}

// A Unit is what every arm is run on once.
type Unit struct {
	Profile string
	Task    int // index in Plan.Tasks
	Seed    uint64
}

// key names an arm's run on the unit.
func (u Unit) key(p Plan, arm string) runKey {
	return runKey{u.Profile, p.Tasks[u.Task].Name, u.Seed, arm}
}

// Units returns the units of one profile in order: every task with the first seed, then every task with the second, so that
// the first so many units are spread over the tasks as evenly as can be. Those on null tasks come last, whatever Pairs is.
func (p Plan) Units(profile string) (pairs, null []Unit) {
	for _, seed := range p.Seeds {
		for i, t := range p.Tasks {
			u := Unit{Profile: profile, Task: i, Seed: seed}
			switch {
			case t.Null:
				null = append(null, u)
			case p.Pairs == 0 || len(pairs) < p.Pairs:
				pairs = append(pairs, u)
			}
		}
	}
	return pairs, null
}

// has reports whether any unit is on a task: where there are fewer units than tasks, not all are.
func (p Plan) has(task int) bool {
	pairs, null := p.Units("")
	return slices.ContainsFunc(append(pairs, null...), func(u Unit) bool { return u.Task == task })
}

// Same returns the name of the first arm whose procedure is arm i's: its runs are arm i's, too.
func (p Plan) Same(i int) string {
	for _, a := range p.Arms {
		if a.Procedure == p.Arms[i].Procedure {
			return a.Name
		}
	}
	panic("unreachable: an arm is the same as itself")
}

// Check returns an error that names the first thing in the plan that cannot be meant.
func (p Plan) Check() error {
	names := map[string]bool{}
	switch {
	case len(p.Arms) < 2:
		return fmt.Errorf("%d arms, want at least 2 to compare", len(p.Arms))
	case len(p.Tasks) == 0:
		return errors.New("no tasks")
	case len(p.Seeds) == 0:
		return errors.New("no seeds")
	case len(p.Profiles) == 0:
		return errors.New("no profile, want at least one; an empty one for a real model")
	case p.Setting.Trials < 1 || p.Setting.Fresh < 1:
		return fmt.Errorf("%d trials and %d fresh seeds, want at least 1 of each", p.Setting.Trials, p.Setting.Fresh)
	}
	for _, a := range p.Arms {
		if names[a.Name] {
			return fmt.Errorf("arm %s stands twice", a.Name)
		}
		names[a.Name] = true
		if _, err := findEntry(a.Procedure.Mechanism); err != nil && a.Procedure.Source == "" {
			return fmt.Errorf("arm %s: %w", a.Name, err)
		}
	}
	for _, t := range p.Tasks {
		if names["task "+t.Name] {
			return fmt.Errorf("task %s stands twice", t.Name)
		}
		names["task "+t.Name] = true
	}
	return nil
}

// arms are the bare arms of the plan.
func (p Plan) arms() []Arm {
	all := make([]Arm, len(p.Arms))
	for i, a := range p.Arms {
		all[i] = a.Arm
	}
	return all
}
