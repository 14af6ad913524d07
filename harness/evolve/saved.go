package evolve

import (
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Saved is the budget that stopping trials early left unspent. It is not spent on more trials: a run has the trials it was
// asked for, and a stopped one counts as one of them.
type Saved struct {
	Stopped int           `json:"stopped"` // trials stopped by the mechanism
	Known   int           `json:"known"`   // of them, whose outcome was known before: nothing was trained, nothing saved
	Trials  float64       `json:"trials"`  // saved, in whole trials
	Share   float64       `json:"share"`   // saved, of the budget of all decided trials that were trained
	FLOPs   float64       `json:"flops"`   // saved; 0 where a trial's budget is not in FLOPs
	Seconds float64       `json:"seconds"` // saved, estimated from the mean time of whole trials
	Each    []SavedByStop `json:"each"`
}

// SavedByStop is one trial that was stopped.
type SavedByStop struct {
	Seq     int     `json:"seq"`
	At      float64 `json:"at"`    // share of its budget spent
	Known   bool    `json:"known"` // its outcome was known before
	FLOPs   float64 `json:"flops"` // not spent
	Seconds float64 `json:"seconds"`
}

// SavedOf reads from a record what was saved.
func SavedOf(s *store.Store) (Saved, error) {
	details, err := s.Details()
	if err != nil {
		return Saved{}, err
	}
	saved := Saved{Each: []SavedByStop{}}
	flops, seconds := budgetFLOPs(s.Meta().Task), meanSeconds(details)
	trained := 0
	for _, d := range details {
		if !d.Decided || !begun(d.Outcome.Status) {
			continue
		}
		if !d.Memo {
			trained++
		}
		if d.Outcome.Status != mechanisms.Pruned {
			continue
		}
		x := SavedByStop{Seq: d.Seq, At: stoppedAt(d.Outcome.Result.Curve), Known: d.Memo}
		saved.Stopped++
		if x.Known {
			saved.Known++
		} else {
			x.FLOPs, x.Seconds = (1-x.At)*flops, (1-x.At)*seconds
			saved.Trials += 1 - x.At
			saved.FLOPs += x.FLOPs
			saved.Seconds += x.Seconds
		}
		saved.Each = append(saved.Each, x)
	}
	if trained > 0 {
		saved.Share = saved.Trials / float64(trained)
	}
	return saved, nil
}

// begun reports whether a trial that ended so was in training.
func begun(s mechanisms.Status) bool {
	return s != mechanisms.Refused && s != mechanisms.Invalid && s != mechanisms.NoAnswer
}

// stoppedAt is the share of the budget at which a trial was stopped: the last point of its curve made the mechanism do it.
func stoppedAt(curve []mechanisms.Sample) float64 {
	if len(curve) == 0 {
		return 0
	}
	return curve[len(curve)-1].Fraction
}

// budgetFLOPs is the budget of a trial, 0 where it is in another unit.
func budgetFLOPs(s task.Spec) float64 {
	words := s.Budget
	if size, err := task.FindSize(s.Size); s.Kind == task.KindGPT && words == "" && err == nil {
		words = size.Budget
	}
	b, err := task.ParseBudget(words)
	if s.Kind != task.KindGPT || err != nil {
		return 0 // a duration of a surface, or no budget at all
	}
	return b.FLOPs
}

// meanSeconds is how long whole trials took.
func meanSeconds(details []store.Detail) float64 {
	sum, n := 0.0, 0.0
	for _, d := range details {
		if d.Outcome != nil && d.Outcome.Status == mechanisms.Complete && !d.Memo && d.Outcome.Result.Seconds > 0 {
			sum, n = sum+d.Outcome.Result.Seconds, n+1
		}
	}
	if n == 0 {
		return 0
	}
	return sum / n
}

// Words say it in one line; empty when nothing was stopped.
func (s Saved) Words() string {
	if s.Stopped == 0 {
		return ""
	}
	text := fmt.Sprintf("%d stopped early; %.1f trials' budget not spent, %.0f %% of what was to be trained", s.Stopped, s.Trials, 100*s.Share)
	if s.FLOPs > 0 {
		text += fmt.Sprintf(", %.3g FLOPs", s.FLOPs)
	}
	if s.Seconds > 0 {
		text += ", about " + (time.Duration(s.Seconds * float64(time.Second))).Round(10*time.Millisecond).String()
	}
	if s.Known > 0 {
		text += fmt.Sprintf("; %d of them known from before, which saved nothing", s.Known)
	}
	return text
}
