package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/model/simulated"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// An ablation is an ablate command that was understood and checked, before anything is made or trained.
type ablation struct {
	dir     string
	resumed bool
	plan    ablate.Plan
	model   chosen // asked by all runs; none where the model is simulated
}

// planAblation reads the flags. For an ablation that exists its record says what it is, and flags that make a plan must be
// left out.
func planAblation(ctx context.Context, c *cli.Context) (*ablation, error) {
	a := &ablation{dir: c.String("dir")}
	if a.dir != "" {
		var err error
		if a.resumed, err = ablate.Exists(a.dir); err != nil {
			return nil, err
		}
		begun, err := ablate.Exists(filepath.Join(a.dir, making))
		if err != nil {
			return nil, err
		}
		if begun && !a.resumed && !c.Bool("held-out") {
			return nil, usage("--dir %s: level 2 is making mechanisms there; continue it with --held-out and the flags that it was begun with", a.dir)
		}
	} else {
		var err error
		if a.dir, err = newRunDir("runs"); err != nil {
			return nil, err
		}
	}
	if a.resumed {
		return a, a.again(c)
	}
	return a, a.fresh(ctx, c)
}

// ofPlan are the flags that make a plan.
var ofPlan = []string{"arms", "task", "tasks", "seeds", "pairs", "profiles", "size", "text", "budget", "device", "trials", "steer-every", "invent-every", "fresh", "sequential", "paper", "made"}

// again takes the plan from the record.
func (a *ablation) again(c *cli.Context) (err error) {
	for _, name := range ofPlan {
		if c.IsSet(name) {
			return usage("--%s: the ablation in %s has its plan already; leave the flag out to continue it, or name another --dir", name, a.dir)
		}
	}
	if a.plan, err = ablate.ReadPlan(a.dir); err != nil {
		return err
	}
	if s := a.plan.Setting; !s.Simulated {
		a.model, err = chooseModel(c, &store.Meta{Model: s.Model})
	}
	return err
}

// fresh makes a plan of the flags.
func (a *ablation) fresh(ctx context.Context, c *cli.Context) error {
	s := ablate.Setting{
		Trials: c.Int("trials"), SteerEvery: c.Int("steer-every"), InventEvery: c.Int("invent-every"), Fresh: c.Int("fresh"),
		Model: simulatedName, Simulated: true, Program: version(),
	}
	for _, name := range []string{"tasks", "seeds", "trials", "steer-every", "invent-every", "fresh"} {
		if c.Int(name) < 1 {
			return usage("--%s %d, want at least 1", name, c.Int(name))
		}
	}
	if c.Int("pairs") < 0 || c.Int("parallel") < 0 {
		return usage("--pairs %d and --parallel %d, want 0 or more", c.Int("pairs"), c.Int("parallel"))
	}
	a.plan = ablate.Plan{Pairs: c.Int("pairs"), Title: "Search procedures compared"}
	if err := a.planTasks(ctx, c); err != nil {
		return err
	}
	if err := a.planModel(c, &s); err != nil {
		return err
	}
	if c.Bool("held-out") {
		for _, name := range withHeldOut {
			if c.IsSet(name) {
				return usage("--%s does not go with --held-out, which says itself who is compared on what", name)
			}
		}
	}
	if c.Bool("paper") {
		return a.planPaper(c, s)
	}
	for k := range c.Int("seeds") {
		a.plan.Seeds = append(a.plan.Seeds, uint64(k+1))
	}
	names := ablate.DefaultArms
	if c.IsSet("arms") {
		names = fields(c.String("arms"))
	}
	for _, name := range names {
		arm, err := ablate.FindArm(name, s.SteerEvery, s.InventEvery)
		if err != nil {
			return asUsage(err)
		}
		a.plan.Arms = append(a.plan.Arms, arm)
	}
	if c.Bool("sequential") {
		pairs, _ := a.plan.Units("")
		s.Looks = ablate.LooksFor(len(pairs))
	}
	a.plan.Setting = s
	if err := a.plan.Check(); err != nil {
		return asUsage(fmt.Errorf("ablate: %w", err))
	}
	return nil
}

// ofPaper are the flags that the paper's protocol decides.
var ofPaper = []string{"arms", "tasks", "seeds", "pairs", "trials", "steer-every", "invent-every", "sequential"}

// planPaper makes the plan of the paper's protocol on the first of the tasks.
func (a *ablation) planPaper(c *cli.Context, s ablate.Setting) (err error) {
	for _, name := range ofPaper {
		if c.IsSet(name) {
			return usage("--%s does not go with --paper: the paper's protocol says it", name)
		}
	}
	t := a.plan.Tasks[0]
	paper := ablate.PaperTask(t.Name, t.Spec)
	paper.Measure = t.Measure
	a.plan, err = ablate.PaperPlan(paper, s, a.plan.Profiles)
	return err
}

// planModel decides who is asked. A key in the environment is not enough: an ablation asks thousands of questions.
func (a *ablation) planModel(c *cli.Context, s *ablate.Setting) (err error) {
	named := c.IsSet("model") && c.String("model") != simulatedName || c.IsSet("base-url") || c.IsSet("replay")
	if named {
		if c.IsSet("profiles") {
			return usage("--profiles are habits of the simulated model; leave them out where a model is named")
		}
		if a.model, err = chooseModel(c, nil); err != nil {
			return err
		}
	}
	if named && !a.model.simulated {
		s.Model, s.Simulated, a.plan.Profiles = a.model.Name(), false, []string{""}
		return nil
	}
	a.plan.Profiles = []string{"rut", "micro", "unbiased"}
	if a.plan.Tasks[0].Real {
		a.plan.Profiles = a.plan.Profiles[:1]
	}
	if c.IsSet("profiles") {
		a.plan.Profiles = fields(c.String("profiles"))
	}
	for _, profile := range a.plan.Profiles {
		if _, err := simulated.New(profile); err != nil {
			return asUsage(fmt.Errorf("--profiles: %w", err))
		}
	}
	return nil
}

func fields(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

// planTasks makes the tasks of the flags.
func (a *ablation) planTasks(ctx context.Context, c *cli.Context) (err error) {
	kind := c.String("task")
	others := map[string][]string{task.KindSurface: {"tasks"}, task.KindGPT: {"size", "text", "budget", "device"}}
	for of, names := range others {
		for _, name := range names {
			if c.IsSet(name) && kind != of {
				return usage("--%s does not go with --task %s", name, kind)
			}
		}
	}
	switch kind {
	case task.KindSurface:
		a.plan.Tasks = ablate.SurfaceTasks(c.Int("tasks"))
	case task.KindGPT:
		a.plan.Tasks, err = gptTasks(ctx, c)
	default:
		var spec task.Spec
		if !strings.ContainsAny(kind, "./") {
			return usage("--task %q, want %s, %s or a FILE.yaml that describes a program of your own; bilevel task init writes an example", kind, task.KindSurface, task.KindGPT)
		}
		if spec, err = task.ReadCommand(kind); err != nil {
			return asUsage(err)
		}
		name := strings.TrimSuffix(filepath.Base(kind), filepath.Ext(kind))
		a.plan.Tasks = []ablate.PlannedTask{{Task: ablate.Task{Name: name, Family: name, Real: true}, Spec: spec}}
	}
	if err != nil {
		return err
	}
	return a.openTasks(ctx, c)
}

// openTasks opens every real task once: a plan that cannot be run is refused before it begins, and what the tasks are made of
// stands in the record by its hash.
func (a *ablation) openTasks(ctx context.Context, c *cli.Context) error {
	for i, t := range a.plan.Tasks {
		if !t.Real {
			continue
		}
		opened, err := openTask(ctx, c, t.Spec)
		if err != nil {
			return err
		}
		if err := opened.Check(opened.Space().Default()); err != nil {
			return usage("task %s: the default point, which every trial is measured against, cannot be trained: %v", t.Name, err)
		}
		a.plan.Tasks[i].Spec, a.plan.Tasks[i].Measure = task.Prepared(opened, t.Spec), opened.Space().Measure
		a.plan.Tasks[i].Spec.Corpus = ""
	}
	return nil
}

// standardTexts are parts of the Go standard library, which every machine with Go has: of different subjects, and each large
// enough for a tiny GPT.
var standardTexts = []string{"crypto", "net", "go", "runtime"}

// gptTasks are one for every size, text and budget. Tasks of one text are a family.
func gptTasks(ctx context.Context, c *cli.Context) ([]ablate.PlannedTask, error) {
	sizes, texts := c.StringSlice("size"), c.StringSlice("text")
	if len(sizes) == 0 {
		sizes = []string{"tiny"}
	}
	if len(texts) == 0 {
		root, err := text.FindGoRoot(ctx)
		if err != nil {
			return nil, asUsage(fmt.Errorf("the texts of the tasks: %w; or name texts with --text", err))
		}
		for _, name := range standardTexts {
			texts = append(texts, filepath.Join(root, "src", name))
		}
	}
	var all []ablate.PlannedTask
	for _, name := range sizes {
		size, err := task.FindSize(name)
		if err != nil {
			return nil, asUsage(fmt.Errorf("--size: %w", err))
		}
		budgets := c.StringSlice("budget")
		if len(budgets) == 0 {
			budgets = []string{size.Budget, twice(size.Budget)}
		}
		for _, budget := range budgets {
			if _, err := task.ParseBudget(budget); err != nil {
				return nil, asUsage(fmt.Errorf("--budget: %w", err))
			}
			for _, path := range texts {
				abs, err := filepath.Abs(path)
				if err != nil {
					return nil, fmt.Errorf("--text: %w", err)
				}
				subject := filepath.Base(abs)
				all = append(all, ablate.PlannedTask{
					Task: ablate.Task{Name: fmt.Sprintf("%s-%s-%s", size.Name, subject, strings.ReplaceAll(budget, " ", "")), Family: subject, Real: true},
					Spec: task.Spec{Kind: task.KindGPT, Size: size.Name, Text: []string{abs}, Budget: budget, Device: c.String("device")},
				})
			}
		}
	}
	return all, nil
}

// twice is a budget of FLOPs doubled, or the budget itself where it is of something else.
func twice(budget string) string {
	if b, err := task.ParseBudget(budget); err == nil && b.FLOPs > 0 {
		return strings.NewReplacer("e+0", "e", "e+", "e").Replace(fmt.Sprintf("%gflops", 2*b.FLOPs))
	}
	return budget
}
