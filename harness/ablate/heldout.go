package ablate

import (
	"context"
	"fmt"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// Mechanisms that level 2 made on some tasks are judged on others by two plans. In the first, level 2 makes them: every run is a
// session of its own. In the second, one mechanism of every session is an arm by itself, in charge from the first trial on,
// on the tasks of the first plan and on those that level 2 never saw.

// Made is a mechanism that level 2 made in a run.
type Made struct {
	Name   string `json:"name"`
	Idea   string `json:"idea"` // one sentence
	Source string `json:"source"`
}

// madeIn lists what level 2 made in a run, in order.
func madeIn(s *store.Store) []Made {
	var all []Made
	for _, m := range s.Mechanisms() {
		if m.Status == store.Ready && m.Hash != "" && m.Cycle > 0 {
			all = append(all, Made{Name: m.Name, Idea: m.Idea, Source: m.Source})
		}
	}
	return all
}

// HoldOut splits tasks into those that level 2 is shown and those held out. Formulas of the last family are all held out, and
// half of each other's; of real tasks every second, so that texts, sizes and budgets are on either side.
func HoldOut(tasks []PlannedTask) (shown, heldOut []PlannedTask) {
	seen := map[string]int{}
	for _, t := range tasks {
		if t.Null {
			continue
		}
		out := seen[t.Family]%2 == 1 || t.Family == heldOutFamily
		if t.Real {
			out = (len(shown)+len(heldOut))%2 == 1
		}
		seen[t.Family]++
		if t.HeldOut = out; out {
			heldOut = append(heldOut, t)
		} else {
			shown = append(shown, t)
		}
	}
	return shown, heldOut
}

// heldOutFamily is of another kind than the others: no GPT is in it.
const heldOutFamily = "bbobmix"

// MakingPlan is the first plan: level 2 at work on the tasks that it is shown, beside what it began with.
func MakingPlan(s Setting, tasks []PlannedTask, seeds []uint64, profiles []string) (Plan, error) {
	p := Plan{Title: "Mechanisms made", Setting: s, Tasks: tasks, Seeds: seeds, Profiles: profiles, Makes: true}
	for _, name := range []string{"A", "C"} {
		arm, err := FindArm(name, s.SteerEvery, s.InventEvery)
		if err != nil {
			return p, err
		}
		p.Arms = append(p.Arms, arm)
	}
	return p, p.Check()
}

// yardsticks are beside the made mechanisms in the second plan.
var yardsticks = []string{"A", "coordinate", "foldover", "random"}

// HeldOutPlan is the second plan: greedy, yardsticks, and at most so many made mechanisms on all tasks. Of each session it
// takes the last mechanism, whatever became of it: to choose by result would be to judge by what was chosen by.
func HeldOutPlan(making Plan, heldOut []PlannedTask, made []Made, most int) (Plan, error) {
	p := Plan{
		Title: "Made mechanisms on tasks that level 2 never saw", Setting: making.Setting, Seeds: making.Seeds, Profiles: making.Profiles,
		Tasks: append(slices.Clone(making.Tasks), heldOut...),
	}
	for _, name := range yardsticks {
		arm, err := FindArm(name, making.Setting.SteerEvery, making.Setting.InventEvery)
		if err != nil {
			return p, err
		}
		p.Arms = append(p.Arms, arm)
	}
	for _, m := range spread(made, most) {
		p.Arms = append(p.Arms, PlannedArm{Arm{Name: m.Name, Doc: m.Idea, Kind: KindMechanism}, Procedure{Mechanism: m.Name, Source: m.Source, Parallel: 1}})
	}
	if len(p.Arms) == len(yardsticks) {
		return p, fmt.Errorf("level 2 made no mechanism in %d runs, so there is nothing to judge; show it more tasks", len(making.Tasks)*len(making.Seeds)*len(making.Profiles))
	}
	return p, p.Check()
}

// spread takes at most so many, evenly from first to last, each once.
func spread(all []Made, most int) []Made {
	var distinct []Made
	for _, m := range all {
		if !slices.ContainsFunc(distinct, func(o Made) bool { return o.Name == m.Name }) {
			distinct = append(distinct, m)
		}
	}
	n := min(most, len(distinct))
	some := make([]Made, n)
	for i := range some {
		some[i] = distinct[i*len(distinct)/n]
	}
	return some
}

// LastMade returns the last mechanism of every session of the finished making plan in dir, in the order of the plan.
func LastMade(dir string) ([]Made, error) {
	rec, err := readRecord(dir)
	if err != nil {
		return nil, err
	}
	defer rec.close()
	done, err := rec.all()
	if err != nil {
		return nil, err
	}
	var all []Made
	for _, profile := range rec.plan.Profiles {
		pairs, _ := rec.plan.Units(profile)
		for _, u := range pairs {
			if f := done[runKey{profile, rec.plan.Tasks[u.Task].Name, u.Seed, "C"}]; f != nil && len(f.Made) > 0 {
				all = append(all, f.Made[len(f.Made)-1])
			}
		}
	}
	return all, nil
}

// A Carried is a made mechanism in a runner of its own.
type Carried struct {
	Hash   string // sha256 of the source in hex
	Binary string // sha256 of the runner in hex
	Path   string // of the runner
}

// carry builds the runners of the mechanisms whose source stands in the plan.
func (e *engine) carry(ctx context.Context) error {
	e.carried = map[string]Carried{}
	for _, a := range e.plan.Arms {
		if a.Procedure.Source == "" {
			continue
		}
		c, err := e.parts.Carry(ctx, a.Procedure.Mechanism, a.Procedure.Source)
		if err != nil {
			return fmt.Errorf("arm %s: %w", a.Name, err)
		}
		e.carried[a.Procedure.Mechanism] = c
	}
	return nil
}

// beginWith makes a run begin with the mechanism of its arm, where that was made.
func (e *engine) beginWith(p Procedure, r *evolve.Run) error {
	c, ok := e.carried[p.Mechanism]
	if !ok || p.Source == "" {
		return nil
	}
	return r.Carry(store.Mechanism{Name: p.Mechanism, Hash: c.Hash, Status: store.Ready, Source: p.Source, Binary: c.Binary}, c.Path)
}
