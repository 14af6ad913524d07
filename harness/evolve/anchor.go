package evolve

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/noise"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// atFirst is how often the default point is trained again before the first trial, so that the noise is known from the first
// verdict on: with the baseline that makes three measurements.
const atFirst = 2

// anchors trains points again that are due before trial seq. It may be called again about the same trial: what is on record
// is not trained twice.
func (r *Run) anchors(seq int) error {
	if r.Settings.AnchorEvery == 0 || seq == 0 {
		return nil
	}
	all, err := r.Store.Anchors()
	if err != nil {
		return fatal(err)
	}
	done := 0
	for _, a := range all {
		if a.Before == seq {
			done++
		}
	}
	due := r.anchorsDue(seq)
	for k, of := range due[min(done, len(due)):] {
		if err := r.trainAgain(store.Anchor{N: len(all) + 1 + k, Of: of, Before: seq}); err != nil {
			return err
		}
	}
	return nil
}

// anchorsDue are the trials whose points are trained again before trial seq: the default point at first; then in turn the
// incumbent, by whose mean later trials are judged, and the default point, which shows whether the machine drifts; at the end
// both, so that what the run came to does not rest on the values that were chosen for being low.
func (r *Run) anchorsDue(seq int) []int {
	decided, stands := r.decided(), r.Store.View().Incumbent
	switch {
	case seq > r.limit():
		return []int{stands, 0}
	case seq == 1:
		return make([]int, atFirst)
	case !due(decided, r.Settings.AnchorEvery):
		return nil
	case decided/r.Settings.AnchorEvery%2 == 1:
		return []int{stands}
	}
	return []int{0}
}

// trainAgain trains a point once more and records what came of it.
func (r *Run) trainAgain(a store.Anchor) error {
	first := r.Store.Whole().Trials[a.Of]
	if r.content(first.Point) != "" {
		return nil // the same again to the last bit
	}
	what := fmt.Sprintf("trial %d again", a.Of)
	if a.Of == 0 {
		what = "the default point again"
	}
	a.Outcome = r.Trainers.Train(r.ctx, first.Point, r.Store.Meta().Seed, func(p task.Progress) {
		r.tell(Event{Kind: EventAnchoring, Seq: a.Before, Limit: r.limit(), Progress: &p, Text: what})
	})
	if r.ctx.Err() != nil {
		return r.ctx.Err()
	}
	a.Outcome.Content = ""
	if err := r.Store.RecordAnchor(a); err != nil {
		return fatal(err)
	}
	r.tell(Event{Kind: EventAnchor, Seq: a.Before, Limit: r.limit(), Text: anchorWords(what, r.Store.Meta().Space.Measure, first, a, r.Store.Measurements())})
	return nil
}

func anchorWords(what string, m mechanisms.Measure, first mechanisms.Trial, a store.Anchor, all []noise.Measurement) string {
	if a.Outcome.Status != mechanisms.Complete {
		return fmt.Sprintf("%s: %s: %s; it tells nothing about the noise", what, a.Outcome.Status, a.Outcome.Reason)
	}
	text := fmt.Sprintf("%s: %.4f, %+.4f from before", what, m.Own(a.Outcome.Result.BPB), m.Own(a.Outcome.Result.BPB-first.BPB))
	if e := noise.Pooled(all); e.DF > 0 {
		text += "; " + NoiseWords(e)
	}
	if d := noise.Drift(all); d.Significant() {
		text += "; " + driftWords(m, d)
	}
	return text
}

// NoiseWords says an estimate for people.
func NoiseWords(e noise.Estimate) string {
	return fmt.Sprintf("noise %.2g (95 %% interval %.2g to %.2g, %d degrees of freedom)", e.SD, e.Low, e.High, e.DF)
}
