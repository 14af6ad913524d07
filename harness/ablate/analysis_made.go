package ablate

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// madeClaim fills in the claim about level 2 where its mechanisms are arms by themselves, one of each session, on tasks that it
// never saw; false where none is.
//
// The mechanisms all meet the same tasks, and the same runs of A: sessions and tasks are crossed, and either alone would pass
// for more than it is. The variances of both add up, but for a part that then counts twice (Owen, Annals of Applied Statistics 1,
// 2007). So the interval has the distances of both to the mean, added as squares; and p is that of the normal deviate which has the
// variances of both, those of flipping the signs of sessions and of tasks.
func (t *table) madeClaim(claim *Claim) bool {
	var sessions []stats.Cluster // a value for each: its mean difference from A
	byTask := map[string][]float64{}
	for _, a := range t.Arms {
		if a.Kind != KindMechanism {
			continue
		}
		var all []float64
		for _, p := range t.pairs(a.Name, "A", true) {
			all = append(all, p.First-p.Second)
			byTask[p.Task] = append(byTask[p.Task], p.First-p.Second)
		}
		if len(all) > 0 {
			sessions = append(sessions, stats.Cluster{Values: []float64{stats.Mean(all)}})
		}
	}
	if len(sessions) == 0 {
		return false
	}
	var tasks []stats.Cluster
	for _, task := range t.Tasks {
		if d := byTask[task.Name]; len(d) > 0 {
			tasks = append(tasks, stats.Cluster{Stratum: task.Family, Values: []float64{stats.Mean(d)}})
		}
	}
	mean := stats.Mean(stats.Flat(sessions))
	one, other := stats.SignFlip(sessions, resampling), stats.SignFlip(tasks, resampling)
	x, y := stats.Bootstrap(sessions, confidence, resampling, stats.Mean), stats.Bootstrap(tasks, confidence, resampling, stats.Mean)
	claim.N, claim.P = len(sessions), together(one.P, other.P)
	center := stats.Mean(stats.Flat(tasks))
	claim.Low, claim.High = mean, mean // too few of either
	if x.Low < x.High && y.Low < y.High {
		claim.Low, claim.High = mean-math.Hypot(mean-x.Low, center-y.Low), mean+math.Hypot(x.High-mean, y.High-center)
	}
	claim.Says = t.madeWords(*claim, mean, len(tasks), together(one.Smallest, other.Smallest), better(sessions))
	return true
}

// together is the two-sided p of a mean whose p is a where one part of its variance is known, and b where the other is: deviates are
// the mean by its standard error, so their inverse squares add up.
func together(a, b float64) float64 {
	x, y := distuv.UnitNormal.Quantile(1-a/2), distuv.UnitNormal.Quantile(1-b/2)
	if x <= 0 || y <= 0 {
		return 1
	}
	return 2 * distuv.UnitNormal.CDF(-1/math.Sqrt(1/(x*x)+1/(y*y)))
}

// better counts the sessions whose mechanism ended lower than A on average.
func better(sessions []stats.Cluster) int {
	n := 0
	for _, s := range sessions {
		if s.Values[0] < 0 {
			n++
		}
	}
	return n
}

func (t *table) madeWords(c Claim, mean float64, tasks int, smallest float64, better int) string {
	with := ""
	if t.profile != "" {
		with = " with the simulated model's profile " + t.profile
	}
	says := fmt.Sprintf("Mechanisms of %s, one of each, ended %s in regret than A on average on %s%s", count(c.N, "session"), amount(mean), count(tasks, "held-out task"), with)
	if c.Low < c.High {
		says += fmt.Sprintf(" (95 %% interval for such sessions and such tasks: %s; p = %s by sessions and tasks together)", between(c.Low, c.High), decimals(c.P))
	}
	says += fmt.Sprintf("; %d of %d ended lower than A: ", better, c.N)
	switch {
	case smallest > alpha:
		says += fmt.Sprintf("not shown, and so few could not have shown it: the smallest p they can give is %s.", decimals(smallest))
	case c.P > alpha || covers(c.Low, c.High):
		says += "not shown."
	case mean < 0:
		says += "shown."
	default:
		says += "its mechanisms were shown to do harm."
	}
	if t.Setting.Simulated {
		says += " A simulated model wrote the mechanisms, from templates made by people: this says nothing about what a language model's level 2 produces."
	}
	return says
}
