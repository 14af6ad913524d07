package main

import (
	"context"
	"fmt"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// making is the folder of an ablation's folder that holds the ablation in which level 2 made what is held out.
const making = "making"

// withHeldOut are the flags that do not go with --held-out, which says itself who is compared on what.
var withHeldOut = []string{"arms", "pairs", "sequential", "paper"}

// holdOut makes mechanisms on some of the tasks, and then the plan that judges them on all.
func (a *ablation) holdOut(ctx context.Context, c *cli.Context, parts ablate.Parts) error {
	shown, heldOut := ablate.HoldOut(a.plan.Tasks)
	if len(shown) == 0 || len(heldOut) == 0 {
		return usage("--held-out with %d tasks leaves %d for level 2 and %d that it never sees, want at least 1 of each; name more tasks", len(a.plan.Tasks), len(shown), len(heldOut))
	}
	profiles := a.plan.Profiles
	if !c.IsSet("profiles") { // each profile multiplies the mechanisms' runs, and says nothing of the others
		profiles = profiles[:1]
	}
	p, err := ablate.MakingPlan(a.plan.Setting, shown, a.plan.Seeds, profiles)
	if err != nil {
		return asUsage(fmt.Errorf("ablate: %w", err))
	}
	dir := filepath.Join(a.dir, making)
	if _, err := ablate.Make(ctx, dir, p, parts); err != nil {
		return err
	}
	made, err := ablate.LastMade(dir)
	if err != nil {
		return err
	}
	a.plan, err = ablate.HeldOutPlan(p, heldOut, made, c.Int("made"))
	return err
}

// describeHeldOut is --dry-run.
func (a *ablation) describeHeldOut(c *cli.Context) error {
	shown, heldOut := ablate.HoldOut(a.plan.Tasks)
	fmt.Fprintf(c.App.Writer, "would have level 2 make mechanisms in %d sessions, and judge at most %d by themselves beside greedy and yardsticks\n", len(shown)*len(a.plan.Seeds), c.Int("made"))
	for _, t := range append(shown, heldOut...) {
		side := "level 2 works on"
		if t.HeldOut {
			side = "level 2 never sees"
		}
		fmt.Fprintf(c.App.Writer, "%-18s  %-24s %s\n", side, t.Name, t.Spec)
	}
	_, err := fmt.Fprintln(c.App.Writer, "nothing was made or trained")
	return err
}

// carry builds the runner of a made mechanism, which passed every gate when it was made.
func (b *bulk) carry(ctx context.Context, name, source string) (ablate.Carried, error) {
	p, err := b.pipelines.pipeline(ctx, nil)
	if err != nil {
		return ablate.Carried{}, err
	}
	r, err := p.Build(ctx, []byte(source), gen.Examination{Idea: wrap.Idea(name, provenance.Hash([]byte(source)))})
	switch {
	case err != nil:
		return ablate.Carried{}, fmt.Errorf("build mechanism %s: %w", name, err)
	case !r.OK():
		return ablate.Carried{}, fmt.Errorf("mechanism %s is refused at %s, which it passed when it was made; it was made by another version of this program: %v", name, r.Gate, r.Findings)
	case r.Name != name:
		return ablate.Carried{}, fmt.Errorf("the source of mechanism %s is that of %s; the record was changed", name, r.Name)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.paths[r.Binary.Hash] = r.Binary.Path
	return ablate.Carried{Hash: r.Hash, Binary: r.Binary.Hash, Path: r.Binary.Path}, nil
}
