package ablate

import "github.com/seed161a02ea/bilevel/harness/task"

// The protocol of the paper.
const (
	paperTrials      = 30
	paperRepeats     = 3
	paperSteerEvery  = 5
	paperInventEvery = 10
)

// paperLocked are the parameters that no group of the paper may change, which leaves 13 of train.py's 15.
var paperLocked = []string{"DEPTH", "ASPECT_RATIO"}

// paperArms are the paper's groups, and the two controls that it lacks.
var paperArms = []string{"A", "B", "C", "D", "R", "P"}

// PaperTask is what a spec is searched as under the paper's protocol. A gpt is locked to the paper's 13 parameters, which are 14
// values here since ADAM_BETAS is a pair; the surface gptsim has 13 by itself; another task keeps what it has.
func PaperTask(name string, s task.Spec) PlannedTask {
	if s.Kind == task.KindGPT {
		s.Locked = paperLocked
	}
	return PlannedTask{Task: Task{Name: name, Family: name, Real: s.Kind != task.KindSurface}, Spec: s}
}

// PaperPlan is the protocol of the paper on one task: 30 trials, three repeats, level 1.5 every 5 trials and level 2 every 10. Of the
// setting it keeps who answers, and how many fresh seeds.
func PaperPlan(t PlannedTask, s Setting, profiles []string) (Plan, error) {
	s.Trials, s.SteerEvery, s.InventEvery, s.Looks = paperTrials, paperSteerEvery, paperInventEvery, nil
	p := Plan{Title: "The paper's protocol on " + t.Name, Setting: s, Tasks: []PlannedTask{t}, Profiles: profiles, Paper: true}
	for i := range paperRepeats {
		p.Seeds = append(p.Seeds, uint64(i+1))
	}
	for _, name := range paperArms {
		a, err := FindArm(name, paperSteerEvery, paperInventEvery)
		if err != nil {
			return Plan{}, err
		}
		p.Arms = append(p.Arms, a)
	}
	return p, nil
}
