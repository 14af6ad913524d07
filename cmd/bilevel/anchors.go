package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
)

// anchorEvery is as often as level 1.5 acts: in a run of 30 trials it makes nine more trainings, which leave the estimate with
// about six degrees of freedom, so that its interval spans a factor of three and a half.
const anchorEvery = 5

// anchors decides how often points are trained again. A task that is deterministic trains nothing again, and one that says what
// its noise is only where it is asked to.
func anchors(c *cli.Context, t task.Task) (int, error) {
	deterministic := t.Content(t.Space().Default(), c.Uint64("seed")) != ""
	switch {
	case deterministic && c.IsSet("anchor-every") && c.Int("anchor-every") > 0:
		return 0, usage("--anchor-every %d: the trials of this task are deterministic, so training a point again teaches nothing; leave the flag out", c.Int("anchor-every"))
	case deterministic, task.Noise(t) > 0 && !c.IsSet("anchor-every"):
		return 0, nil
	}
	return c.Int("anchor-every"), nil
}

// noise says what is known of the noise and what will be done about it.
func (j *job) noise() string {
	every := j.settings.AnchorEvery
	switch {
	case every > 0:
		return fmt.Sprintf("measured: points are trained again twice at first, every %d trials, and twice at the end, beside the trials", every)
	case j.meta.Noise > 0:
		return fmt.Sprintf("%g, as the task says", j.meta.Noise)
	case j.task.Content(j.meta.Space.Default(), j.meta.Seed) != "":
		return "none: trials are deterministic"
	}
	return "not known and not measured; see --anchor-every"
}
