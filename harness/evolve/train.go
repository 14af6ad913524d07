package evolve

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// training is a trial that was begun in this process.
type training struct {
	cancel  context.CancelFunc
	curve   chan mechanisms.Sample // every new point of the learning curve; closed when the trial is over
	seen    []mechanisms.Sample    // points taken from curve
	content string                 // of the trial, where it has to be trained; task.Task.Content
	pruned  float64                // share of the budget at which it was pruned, 0 when it was not
	done    chan struct{}          // closed when outcome is set
	outcome task.Outcome
	memo    bool // the outcome was known
}

// curvePoints is more than any learning curve has, so that a trial never waits for somebody to look at its curve.
const curvePoints = 1024

// start records a proposal and begins to train it.
func (r *Run) start(s wire.Start) (wire.Message, error) {
	v := r.Store.View()
	if err := r.Store.RecordProposal(r.active.Name, s); err != nil {
		return wire.Message{}, fatal(err)
	}
	p, diff := s.Proposal, "baseline"
	if v.Incumbent >= 0 {
		diff = v.Space.Diff(v.Standing().Point, p.Point)
	}
	r.tell(Event{Kind: EventProposed, Seq: p.Seq, Limit: r.limit(), Change: diff, Text: p.Why, Mechanism: p.By})
	if err := r.begin(s); err != nil {
		return wire.Message{}, err
	}
	return wire.Message{OK: &wire.OK{}}, nil
}

// begin makes the outcome of a recorded proposal known or on its way.
func (r *Run) begin(s wire.Start) error {
	t := &training{cancel: func() {}}
	known, err := r.known(s, t)
	if err != nil {
		return fatal(err)
	}
	r.training[s.Proposal.Seq] = t
	if known {
		t.over()
		return nil
	}
	if r.Inline {
		t.outcome = r.Trainers.Train(r.ctx, s.Proposal.Point, r.Store.Meta().Seed, func(task.Progress) {})
		t.outcome.Content = t.content
		t.over()
		return nil
	}
	t.curve, t.done = make(chan mechanisms.Sample, curvePoints), make(chan struct{})
	ctx, cancel := context.WithCancel(r.ctx)
	t.cancel = cancel
	go r.train(ctx, s.Proposal, t)
	return nil
}

func (r *Run) train(ctx context.Context, p mechanisms.Proposal, t *training) {
	defer close(t.done)
	defer close(t.curve)
	defer t.cancel()
	last := 0.0
	t.outcome = r.Trainers.Train(ctx, p.Point, r.Store.Meta().Seed, func(progress task.Progress) {
		if c := progress.Curve; c != nil && c.Fraction > last { // a trial that is made once more draws its curve once more
			t.curve <- *c
			last = c.Fraction
		}
		r.tell(Event{Kind: EventTraining, Seq: p.Seq, Limit: r.limit(), Progress: &progress})
	})
	t.outcome.Content = t.content
}

// known sets t.outcome if nothing has to be trained for it: the proposal holds no point, a constraint does not hold, or
// the same was trained before, in this run or in another.
func (r *Run) known(s wire.Start, t *training) (known bool, err error) {
	if o, ok := r.Store.Outcome(s.Proposal.Seq); ok {
		t.outcome = o
		return true, nil
	}
	if s.Status != "" {
		t.outcome = task.Outcome{Status: s.Status, Reason: s.Reason}
		return true, nil
	}
	if err := r.Task.Check(s.Proposal.Point); err != nil {
		t.outcome = task.Failed(err, mechanisms.Refused)
		return true, nil
	}
	if t.content = r.content(s.Proposal.Point); t.content == "" {
		return false, nil
	}
	if t.outcome, t.memo = r.Store.Trained(t.content); t.memo {
		return true, nil
	}
	t.outcome, t.memo, err = r.Memo.Lookup(t.content)
	return t.memo, err
}

func (r *Run) content(p mechanisms.Point) string { return r.Task.Content(p, r.Store.Meta().Seed) }

// await gives the runner what has become of the trial: new points of its curve if it wants them, else the finished trial.
// Every point of the curve is shown before the end, so that what a Pruner decides does not depend on speed.
func (r *Run) await(q wire.Await) (wire.Message, error) {
	t, err := r.find(q.Seq)
	if err != nil {
		return wire.Message{}, err
	}
	if q.Curve >= 0 && t.pruned == 0 {
		if points := t.after(q.Curve); len(points) > 0 {
			return wire.Message{Outcome: &wire.Outcome{Curve: points}}, nil
		}
	}
	<-t.done
	if r.ctx.Err() != nil {
		return wire.Message{}, r.ctx.Err()
	}
	if err := r.recordOutcome(q.Seq, t); err != nil {
		return wire.Message{}, fatal(err)
	}
	trial, _ := r.Store.Finished(q.Seq)
	return wire.Message{Outcome: &wire.Outcome{Trial: &trial}}, nil
}

// recordOutcome records what became of a trial, in the run and, if it would always end so, in the memo.
func (r *Run) recordOutcome(seq int, t *training) error {
	o := t.end()
	if !t.memo {
		if err := r.Memo.Add(o); err != nil {
			return err
		}
	}
	if _, recorded := r.Store.Outcome(seq); recorded {
		return nil
	}
	return r.Store.RecordOutcome(seq, o, t.memo)
}

// find returns the training of a recorded proposal, and begins it anew if an earlier process had begun it.
func (r *Run) find(seq int) (*training, error) {
	if t := r.training[seq]; t != nil {
		return t, nil
	}
	for _, s := range r.Store.View().Pending {
		if s.Proposal.Seq == seq {
			err := r.begin(s)
			return r.training[seq], err
		}
	}
	return nil, fatal(fmt.Errorf("runner awaits trial %d, which is not recorded", seq))
}

// prune stops a trial.
func (r *Run) prune(q wire.Prune) (wire.Message, error) {
	t, err := r.find(q.Seq)
	if err != nil {
		return wire.Message{}, err
	}
	t.pruned = q.At
	t.cancel()
	return wire.Message{OK: &wire.OK{}}, nil
}

// over makes t a trial that has ended with its outcome.
func (t *training) over() {
	t.curve, t.done, t.seen = closedCurve, closedDone, t.outcome.Result.Curve
}

var closedCurve, closedDone = func() (chan mechanisms.Sample, chan struct{}) {
	curve, done := make(chan mechanisms.Sample), make(chan struct{})
	close(curve)
	close(done)
	return curve, done
}()

// after returns the points of the curve from the n-th on, waiting for one; none when the trial is over.
func (t *training) after(n int) []mechanisms.Sample {
	for len(t.seen) <= n {
		c, open := <-t.curve
		if !open {
			return nil
		}
		t.seen = append(t.seen, c)
	}
	return t.seen[n:]
}

// end is the trial's outcome, or Pruned, whatever it came to after it was pruned. It is called when done is closed.
func (t *training) end() task.Outcome {
	if t.pruned == 0 {
		return t.outcome
	}
	o := task.Outcome{Status: mechanisms.Pruned, Reason: fmt.Sprintf("stopped by the mechanism after %.0f %% of its budget", 100*t.pruned)}
	for _, c := range t.seen {
		if c.Fraction <= t.pruned {
			o.Result.Curve = append(o.Result.Curve, c)
		}
	}
	return o
}
