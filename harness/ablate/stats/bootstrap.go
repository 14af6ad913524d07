package stats

import (
	"math"
	"math/rand/v2"
	"slices"

	"gonum.org/v1/gonum/stat/distuv"
)

// resamples of a bootstrap. The 2.5 % point of as many is known to about a fortieth of the interval's width.
const resamples = 4000

// An Interval bounds a figure of all clusters.
type Interval struct{ Low, High float64 }

// Bootstrap returns the interval of a figure for tasks like these and seeds like these, with the given confidence (0.95):
// tasks are drawn within their strata, then seeds within each task drawn. It collapses to the figure where there are too few tasks
// for the confidence, fewer than 6 for 0.95: what n tasks came to lies all on one side of the truth once in 2^(n-1) times, and no
// interval that is drawn of them reaches further than they do.
//
// Drawing plainly at both levels would count the noise of seeds nearly twice, since the means of tasks hold it already, and
// drawing n tasks from strata of n = 3 would lose a third of the variance between tasks. So the means of tasks are drawn in
// towards their stratum and the seeds spread, until both levels have the variance of the analysis of variance (Davison and
// Hinkley, Bootstrap Methods and their Application, 1997, section 3.8, on hierarchical data). A stratum of one
// task is put together with the others of one task, or it would not vary.
//
// The interval is a percentile interval at the levels that Student's t would need (Hesterberg, The American Statistician 69,
// 2015), with as many degrees of freedom as there are tasks less strata. BCa was rejected: its acceleration
// comes from a jackknife over as few as three tasks, and it leaves the interval as narrow as the plain percentile one there.
func Bootstrap(clusters []Cluster, confidence float64, seed uint64, figure func([]float64) float64) Interval {
	return Resampled(clusters, confidence, seed, resamples, figure)
}

// Resampled is Bootstrap with another number of resamples: fewer where there are many figures and they are only to be seen.
func Resampled(clusters []Cluster, confidence float64, seed uint64, resamples int, figure func([]float64) float64) Interval {
	strata := collapsed(filled(clusters))
	n, tasks := 0, 0
	for _, s := range strata {
		tasks += len(s)
		for _, c := range s {
			n += len(c.Values)
		}
	}
	if math.Ldexp(1, 1-tasks) > 1-confidence {
		whole := figure(Flat(clusters))
		return Interval{whole, whole}
	}
	shrink := shrinkage(strata)
	var prepared []stratum
	for _, s := range strata {
		prepared = append(prepared, prepare(s, shrink))
	}
	r, figures, values := source(seed, 'b'), make([]float64, resamples), make([]float64, 0, n)
	for k := range figures {
		values = values[:0]
		for i := range prepared {
			values = prepared[i].draw(r, values)
		}
		figures[k] = figure(values)
	}
	slices.Sort(figures)
	tail := (1 - confidence) / 2
	if free := tasks - len(strata); free > 0 {
		t := distuv.StudentsT{Mu: 0, Sigma: 1, Nu: float64(free)}.Quantile(1 - tail)
		tail = distuv.UnitNormal.CDF(-t)
	}
	return Interval{quantile(figures, tail), quantile(figures, 1-tail)}
}

// A stratum is ready to be drawn from: values are center + between[task] + within[task][seed].
type stratum struct {
	center  float64
	between []float64
	within  [][]float64
}

// prepare takes the stratum apart, with the means of its tasks drawn in by shrink.
func prepare(tasks []Cluster, shrink float64) stratum {
	var means []float64
	for _, c := range tasks {
		means = append(means, Mean(c.Values))
	}
	s := stratum{center: Mean(means)}
	spread := 0.0
	if n := float64(len(tasks)); n > 1 {
		spread = shrink * math.Sqrt(n/(n-1)) // the variance of n things drawn from n with replacement is (n-1)/n of the sample's
	}
	for i, c := range tasks {
		s.between = append(s.between, spread*(means[i]-s.center))
		wider := 0.0
		if m := float64(len(c.Values)); m > 1 {
			wider = math.Sqrt(m / (m - 1))
		}
		seeds := make([]float64, len(c.Values))
		for j, v := range c.Values {
			seeds[j] = wider * (v - means[i])
		}
		s.within = append(s.within, seeds)
	}
	return s
}

// draw appends as many tasks as the stratum has, each with as many seeds as the task drawn has.
func (s *stratum) draw(r *rand.Rand, values []float64) []float64 {
	for range s.between {
		i := r.IntN(len(s.between))
		for range s.within[i] {
			values = append(values, s.center+s.between[i]+s.within[i][r.IntN(len(s.within[i]))])
		}
	}
	return values
}

// shrinkage is the root of the share of the variance of tasks' means that is not the noise of their seeds, over all strata.
// It is 1 where no task has two seeds: then that noise is not known apart.
func shrinkage(strata [][]Cluster) float64 {
	within, free := 0.0, 0.0
	for _, s := range strata {
		for _, c := range s {
			d := Spread(c.Values)
			within += d * d * float64(len(c.Values)-1)
			free += float64(len(c.Values) - 1)
		}
	}
	if free == 0 {
		return 1
	}
	between, noise, tasks := 0.0, 0.0, 0.0
	for _, s := range strata {
		var means []float64
		inverse := 0.0
		for _, c := range s {
			means = append(means, Mean(c.Values))
			inverse += 1 / float64(len(c.Values))
		}
		d, n := Spread(means), float64(len(s))
		between += d * d * (n - 1)
		noise += within / free * inverse / n * (n - 1)
		tasks += n - 1
	}
	if tasks == 0 || between <= noise {
		return 0
	}
	return math.Sqrt(1 - noise/between)
}

// collapsed puts strata of a single task into one, and that one to the first other if it is still alone (Cochran, Sampling
// Techniques, 1977, section 5A.12).
func collapsed(strata [][]Cluster) [][]Cluster {
	var kept [][]Cluster
	var single []Cluster
	for _, s := range strata {
		if len(s) == 1 {
			single = append(single, s[0])
		} else {
			kept = append(kept, s)
		}
	}
	switch {
	case len(single) == 0:
		return kept
	case len(single) == 1 && len(kept) > 0:
		kept[0] = append(slices.Clone(kept[0]), single[0])
		return kept
	}
	return append(kept, single)
}

// quantile of sorted x, between its two neighbours (Hyndman and Fan, The American Statistician 50, 1996, definition 7).
func quantile(x []float64, share float64) float64 {
	at := share * float64(len(x)-1)
	i := min(max(0, int(at)), len(x)-2)
	return x[i] + (at-float64(i))*(x[i+1]-x[i])
}
