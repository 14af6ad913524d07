// Package stats tells what paired measurements in clusters can support.
//
// Its unit is the cluster: a search task on which two procedures ran several times. Values of a cluster may go together as
// closely as they like; clusters are taken for independent draws from their stratum. Every function is pure: numbers and a
// seed in, numbers out, the same bytes each time.
package stats

import (
	"math"
	"math/rand/v2"
	"slices"
)

// A Cluster is all that was measured on one task: a value for each seed, in any order.
type Cluster struct {
	Stratum string // family of tasks that this one is of
	Values  []float64
}

// Flat returns all values, cluster by cluster.
func Flat(clusters []Cluster) []float64 {
	var all []float64
	for _, c := range clusters {
		all = append(all, c.Values...)
	}
	return all
}

// Mean is the mean of x, 0 where there is nothing.
func Mean(x []float64) float64 {
	if len(x) == 0 {
		return 0
	}
	sum := 0.0
	for _, v := range x {
		sum += v
	}
	return sum / float64(len(x))
}

// Spread is the standard deviation of a sample around its mean, with n-1; 0 below two values.
func Spread(x []float64) float64 {
	if len(x) < 2 {
		return 0
	}
	m, sum := Mean(x), 0.0
	for _, v := range x {
		sum += (v - m) * (v - m)
	}
	return math.Sqrt(sum / float64(len(x)-1))
}

// filled returns the clusters that hold values, those of a stratum together, in the order in which strata first appear.
func filled(clusters []Cluster) [][]Cluster {
	var names []string
	var strata [][]Cluster
	for _, c := range clusters {
		if len(c.Values) == 0 {
			continue
		}
		at := slices.Index(names, c.Stratum)
		if at < 0 {
			at = len(names)
			names, strata = append(names, c.Stratum), append(strata, nil)
		}
		strata[at] = append(strata[at], c)
	}
	return strata
}

// source is where a function's draws come from: one stream for a seed and a purpose.
func source(seed uint64, purpose uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, purpose)) }
