package evolve

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A conduct is what the trials of a mechanism came to, as far as they can be compared with those of another.
type conduct struct {
	trials int       // all of them, pruned ones too
	values []float64 // bits per byte of those that say something of their points, in Seq order; +Inf for one that taught nothing
	gain   float64   // bits per byte by which they lowered the lowest value of the run
}

// conducts sorts the trials of a run into those of a mechanism that its predecessor would not have made, and those of the
// predecessor. noise is the standard deviation of a value.
func conducts(all []store.Lived, baseline mechanisms.Trial, mechanism, predecessor string, noise float64) (since, before conduct) {
	best := baseline.BPB
	for _, t := range all {
		fall := 0.0
		if t.OK() && t.BPB < best {
			if fall = best - t.BPB; !t.Kept {
				fall = 0 // whoever discards it has not gained it
			}
			best = t.BPB
		}
		switch {
		case t.Mechanism == mechanism && !t.Same:
			since.add(t, fall)
		case t.Mechanism == predecessor:
			before.add(t, fall)
		}
	}
	before.gain = max(0, before.gain-luck*noise) // what noise can explain is not credited to the predecessor
	return since, before
}

// luck is what the difference of two values of one point exceeds by chance in one case of 44, in standard deviations of a
// value: two of its own.
const luck = 2 * math.Sqrt2

func (c *conduct) add(t store.Lived, gain float64) {
	c.trials++
	c.gain += gain
	switch {
	case t.Status == mechanisms.Pruned || t.Status == mechanisms.NoAnswer || t.Status == mechanisms.Killed:
		// It cost less than the others, or tells of the model or the machine.
	case !t.OK(), t.Known && t.By != modelsOwn:
		c.values = append(c.values, math.Inf(1))
	default:
		c.values = append(c.values, t.BPB)
	}
}

// modelsOwn is what stands in By of a point that the language model chose; that it comes back to a point is its own affair.
const modelsOwn = "model"

// perTrial is the gain of one trial.
func (c conduct) perTrial() float64 { return c.gain / float64(max(1, c.trials)) }

// How sure the watch must be. Evidence of 20 comes up once in 20 times, at whatever trial, where the mechanism's trials
// are no worse than its predecessor's. Eight trials are the shortest design that measures seven parameters at once: what a
// mechanism does in fewer need not pay by then. Half the gain is left to diminishing returns.
const (
	watchEvidence = 20
	watchTrials   = 8
	watchShare    = 0.5
)

// worse says why a mechanism is to be taken out, or nothing.
func worse(since, before conduct, predecessor string, noise float64, value mechanisms.Measure) string {
	if len(since.values) < watchTrials || since.perTrial() >= watchShare*before.perTrial() {
		return ""
	}
	e := evidence(before.values, since.values, noise)
	if e < watchEvidence {
		return ""
	}
	limit := ranked(before.values)[0] + luck*noise
	above := 0
	for _, v := range since.values {
		if v > limit {
			above++
		}
	}
	return fmt.Sprintf("worse than %s: %d of %d trials that %s would not have made ended worse than the worst of its own %d, or taught nothing, and they gained %.5f a trial (%s) where it gained %.5f; evidence %.3g to 1 (from %d to 1 on a mechanism is taken out)",
		predecessor, above, len(since.values), predecessor, len(before.values), since.perTrial(), value, before.perTrial(), e, watchEvidence)
}

// watchRanks is how many of the predecessor's worst values the trials are compared with. Its very worst may be a failure,
// above which nothing lies.
const watchRanks = 3

// evidence is an e-process against the hypothesis that every value of since comes, given all before it, from the
// distribution that the values of before came from, or from one that lies lower: its mean is at most 1 at any time that
// somebody may choose to look, so that it ever reaches 20 with probability 1/20 at most (Ville 1939; Grünwald, de Heide
// and Koolen 2024, "Safe testing").
//
// It counts the k of m values above the r-th largest of the n before. The share of the distribution that lies there is
// distributed as Beta(r, n+1-r) whatever the distribution is, so the probability of the sequence is known without any
// estimate: B(r+k, n+1-r+m-k)/B(r, n+1-r). Against it stands that of a mechanism whose share is distributed as
// Beta(r+1, 1), which exceeds it in the order of likelihood ratios: the ratio grows with every exceedance, so that values
// which lie lower, ties and a limit raised by the noise can only lessen it. The mean over r is again an e-process.
func evidence(before, since []float64, noise float64) float64 {
	worst := ranked(before)
	sum, terms := 0.0, 0
	for r := 1; r <= watchRanks && r < len(before); r++ {
		k := 0.0
		for _, v := range since {
			if v > worst[r-1]+luck*noise {
				k++
			}
		}
		rank, n, m := float64(r), float64(len(before)), float64(len(since))
		null := logBeta(rank+k, n+1-rank+m-k) - logBeta(rank, n+1-rank)
		other := logBeta(rank+1+k, 1+m-k) - logBeta(rank+1, 1)
		sum += math.Exp(other - null)
		terms++
	}
	if terms == 0 {
		return 1
	}
	return sum / float64(terms)
}

// ranked is the values from the worst down.
func ranked(values []float64) []float64 {
	sorted := slices.Clone(values)
	slices.Sort(sorted)
	slices.Reverse(sorted)
	return sorted
}

// logBeta is the logarithm of the beta function.
func logBeta(a, b float64) float64 {
	x, _ := math.Lgamma(a)
	y, _ := math.Lgamma(b)
	z, _ := math.Lgamma(a + b)
	return x + y - z
}
