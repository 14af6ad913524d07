package ablate

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Read returns what there is to tell of the ablation in dir, finished or not, also while another process goes on with it.
func Read(dir string) (Result, error) {
	rec, err := readRecord(dir)
	if err != nil {
		return Result{}, err
	}
	defer rec.close()
	done, err := rec.all()
	if err != nil {
		return Result{}, err
	}
	return assemble(rec.plan, done)
}

// ReadPlan returns the plan of the ablation in dir.
func ReadPlan(dir string) (Plan, error) {
	rec, err := readRecord(dir)
	if err != nil {
		return Plan{}, err
	}
	defer rec.close()
	return rec.plan, nil
}

// assemble makes the result of the finished runs. It depends on nothing else.
func assemble(p Plan, done map[runKey]*finished) (Result, error) {
	r, err := gather(p, done)
	if err != nil {
		return Result{}, err
	}
	return r, Analyse(&r)
}

// gather is assemble without what the runs say together.
func gather(p Plan, done map[runKey]*finished) (Result, error) {
	r := Result{Title: p.Title, Setting: p.Setting, Arms: p.arms(), Profiles: p.Profiles}
	a := assembler{plan: p, done: done, ranges: make([]span, len(p.Tasks))}
	for i, t := range p.Tasks {
		if !t.Null && p.has(i) {
			r.Tasks = append(r.Tasks, t.Task)
		}
		var err error
		if a.ranges[i], err = a.span(i); err != nil {
			return Result{}, err
		}
	}
	for _, profile := range p.Profiles {
		pairs, null := p.Units(profile)
		r.Planned += (len(pairs) + len(null)) * len(p.Arms)
		for _, u := range pairs {
			r.Runs = append(r.Runs, a.unit(u)...)
		}
		r.Harm = append(r.Harm, a.harm(profile, null)...)
	}
	r.Placebo, r.Asked = a.placebo(), a.asked()
	r.Warnings = a.warnings
	return r, nil
}

// An assembler turns finished runs into what is told of them.
type assembler struct {
	plan     Plan
	done     map[runKey]*finished
	ranges   []span // of the plan's tasks
	warnings []string
}

// A span is what regret is measured by on one task.
type span struct {
	low   float64 // bits per byte of the best known
	exact bool    // low is the optimum, and kept trials are known without noise
	start float64 // bits per byte of the default without noise, where exact
	noise float64 // standard deviation of a measurement, where exact
}

// span finds the best known of a task: the optimum of a formula, else the lowest mean over the fresh seeds of all final
// incumbents and the default, of all arms.
func (a *assembler) span(i int) (span, error) {
	t := a.plan.Tasks[i]
	if !t.Real {
		f, err := openFormula(context.Background(), t.Spec)
		if err != nil {
			return span{}, fmt.Errorf("task %s: %w", t.Name, err)
		}
		return span{low: f.surface.Value(f.surface.Optimum), exact: true, start: f.surface.Value(f.space.Default()), noise: f.surface.Noise}, nil
	}
	low, improved := math.Inf(1), false
	for _, profile := range a.plan.Profiles {
		for _, seed := range a.plan.Seeds {
			for _, arm := range a.plan.Arms {
				if f := a.done[runKey{profile, t.Name, seed, arm.Name}]; f != nil && f.Error == "" {
					low = min(low, f.Fresh, f.Default)
					improved = improved || f.Fresh < f.Default
				}
			}
		}
	}
	if !improved && !math.IsInf(low, 1) {
		a.warnings = append(a.warnings, fmt.Sprintf("On %s no arm ended better than the default when both were measured again: regret there is 1 for all, and the task tells nothing.", t.Name))
	}
	return span{low: low}, nil
}

// regret places a value between the best known and the default; 1 where the default is the best known.
func (s span) regret(value, start float64) float64 {
	if start-s.low < 1e-12 {
		return 1
	}
	return (value - s.low) / (start - s.low)
}

// unit returns the finished runs on a unit, in the order of the arms.
func (a *assembler) unit(u Unit) []Run {
	var runs []Run
	task := a.plan.Tasks[u.Task].Name
	known := map[string]bool{} // points that were trained on this unit
	base := a.done[u.key(a.plan, "A")]
	for i, arm := range a.plan.Arms {
		f := a.done[u.key(a.plan, a.plan.Same(i))]
		if f == nil {
			continue
		}
		r := Run{Arm: arm.Name, Task: task, Seed: u.Seed, Profile: u.Profile, Error: f.Error}
		if f.Error == "" {
			a.tell(&r, f, a.ranges[u.Task])
			r.Memo = memo(f, known)
			r.Diverged = diverged(f, base)
		}
		runs = append(runs, r)
	}
	return runs
}

// tell fills in the figures of a run.
func (a *assembler) tell(r *Run, f *finished, s span) {
	r.Default, r.Final = f.Default, f.Fresh
	r.Regret = s.regret(f.Fresh, f.Default)
	r.Success = r.Regret <= 0.5
	r.Trials = len(f.Trials) - 1
	r.Handovers, r.Steered, r.Restarts = f.Handovers, f.Steered, f.Restarts
	r.Decisions, r.Differed, r.Refused = f.Decisions, f.Differed, f.Refused
	for _, x := range f.Answers {
		r.Asked = r.Asked.plus(x)
	}
	best := f.Trials[0]
	for k, t := range f.Trials {
		if t.Kept && t.BPB < best.BPB {
			best = t
		}
		if s.exact {
			r.Curve = append(r.Curve, s.regret(best.Worth, s.start))
		} else { // improvements within the run's own seed, on the scale of the task
			r.Curve = append(r.Curve, s.regret(f.Default-(f.Trials[0].BPB-best.BPB), f.Default))
		}
		if k > 0 {
			r.AUC += min(max(r.Curve[k], 0), 1) / float64(r.Trials)
			if t.Status != mechanisms.Complete {
				r.Failed++
			}
		}
	}
	r.Told = best.BPB - f.Trials[0].BPB
}

// memo counts the trials of a run, the baseline left out, whose point was trained before: earlier in the run, or by an arm
// before it in the plan on the same unit. It adds the run's points to those known.
func memo(f *finished, known map[string]bool) int {
	n := 0
	for k, t := range f.Trials {
		if !t.trained() {
			continue
		}
		if k > 0 && known[t.Point] {
			n++
		}
		known[t.Point] = true
	}
	return n
}

// diverged is the first trial whose point, outcome or verdict differs from arm A's; 0 when none does.
func diverged(f, base *finished) int {
	if base == nil || base.Error != "" {
		return 0
	}
	for k := range max(len(f.Trials), len(base.Trials)) {
		if k >= len(f.Trials) || k >= len(base.Trials) || f.Trials[k] != base.Trials[k] {
			return k
		}
	}
	return 0
}

// harm is what the arms did where nothing can be found.
func (a *assembler) harm(profile string, null []Unit) []Harm {
	var all []Harm
	for i, arm := range a.plan.Arms {
		h := Harm{Arm: arm.Name, Profile: profile}
		for _, u := range null {
			s := a.ranges[u.Task]
			if f := a.done[u.key(a.plan, a.plan.Same(i))]; f != nil && f.Error == "" {
				h.Losses = append(h.Losses, (f.Trials[f.Final].Worth-s.start)/s.noise)
			}
		}
		if len(h.Losses) == 0 {
			continue
		}
		for _, loss := range h.Losses {
			h.Mean += loss / float64(len(h.Losses))
		}
		all = append(all, h)
	}
	return all
}

// placebo holds the runs of arm P against those of A.
func (a *assembler) placebo() *Placebo {
	p := &Placebo{}
	for _, profile := range a.plan.Profiles {
		pairs, null := a.plan.Units(profile)
		for _, u := range append(pairs, null...) {
			task := a.plan.Tasks[u.Task].Name
			f, base := a.done[u.key(a.plan, "P")], a.done[u.key(a.plan, "A")]
			if f == nil || base == nil {
				continue
			}
			p.Pairs++
			p.Handovers += len(f.Handovers)
			if f.Trace != base.Trace || f.Error != base.Error {
				where := fmt.Sprintf("%s, seed %d", task, u.Seed)
				if profile != "" {
					where += ", profile " + profile
				}
				p.Unequal = append(p.Unequal, fmt.Sprintf("%s: from trial %d on", where, diverged(f, base)))
			}
		}
	}
	if p.Pairs == 0 {
		return nil
	}
	return p
}
