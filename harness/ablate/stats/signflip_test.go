package stats

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// alone makes a cluster of each value.
func alone(values ...float64) []Cluster {
	var clusters []Cluster
	for _, v := range values {
		clusters = append(clusters, Cluster{Values: []float64{v}})
	}
	return clusters
}

// Darwin's maize: differences in height of 15 pairs of crossed and self-fertilised plants, in eighths of an inch. Fisher, The Design of
// Experiments (1935), section 17 for the data and section 21 for the count.
var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

func TestFisherCountsDarwinsMaize(t *testing.T) {
	got := SignFlip(alone(maize...), 1)
	// "in 863 cases out of these 32,768 the total deviation will have a positive value as great as or greater than that observed".
	if want := 2 * 863.0 / 32768; got.P != want {
		t.Errorf("two-sided p is %v, want Fisher's %v", got.P, want)
	}
	if want := 1.0 / 16384; got.Smallest != want || !got.Exact {
		t.Errorf("smallest p %v, exact %v; want %v, true", got.Smallest, got.Exact, want)
	}
}

// The largest sum of ranks that is significant at 0.05, two-sided, by n: table of Wilcoxon's signed-rank test (Wilcoxon and
// Wilcox, Some Rapid Approximate Statistical Procedures, 1964; reprinted in Siegel, Nonparametric Statistics, table G). Flipping the
// signs of the ranks 1 to n is that test.
func TestSignsOfRanksAreWilcoxons(t *testing.T) {
	critical := map[int]int{6: 0, 7: 2, 8: 3, 9: 5, 10: 8, 11: 10, 12: 13, 13: 17, 14: 21, 15: 25, 16: 29, 17: 34, 18: 40, 19: 46, 20: 52, 25: 89}
	for n, c := range critical {
		if p := SignFlip(ranked(n, c), 1).P; p > 0.05 {
			t.Errorf("%d ranks, negative sum %d: p is %v, want at most 0.05", n, c, p)
		}
		if p := SignFlip(ranked(n, c+1), 1).P; p <= 0.05 {
			t.Errorf("%d ranks, negative sum %d: p is %v, want more than 0.05", n, c+1, p)
		}
	}
}

// ranked are the ranks 1 to n with such signs that the negative ones sum up to minus.
func ranked(n, minus int) []Cluster {
	var values []float64
	for r := n; r >= 1; r-- {
		v := float64(r)
		if r <= minus {
			minus -= r
			v = -v
		}
		values = append(values, v)
	}
	return alone(values...)
}

func TestCountingBothHalvesIsCountingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 3))
	for n := 1; n <= 12; n++ {
		for range 20 {
			values := make([]float64, n)
			for i := range values {
				values[i] = float64(r.IntN(9) - 4) // ties and zeros are frequent
			}
			total := 0.0
			for _, v := range values {
				total += v
			}
			both, lower := 0, 0
			for pattern := range 1 << n {
				sum := 0.0
				for i, v := range values {
					if pattern>>i&1 == 1 {
						v = -v
					}
					sum += v
				}
				if math.Abs(sum) >= math.Abs(total) {
					both++
				}
				if sum <= total {
					lower++
				}
			}
			got := SignFlip(alone(values...), 1)
			if want := math.Ldexp(float64(both), -n); got.P != want {
				t.Errorf("%v: p is %v, want %v", values, got.P, want)
			}
			if want := math.Ldexp(float64(lower), -n); got.Lower != want {
				t.Errorf("%v: one-sided p is %v, want %v", values, got.Lower, want)
			}
		}
	}
}

func TestDrawnSignsAgreeWithCountedOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	sums, total := make([]float64, 24), 0.0
	for i := range sums {
		sums[i] = r.NormFloat64() - 0.3
		total += sums[i]
	}
	bounds := [2]float64{math.Abs(total), math.Inf(1)}
	exact, estimates := counted(sums, bounds)[0], drawn(sums, bounds, 1)
	if sd := math.Sqrt(exact * (1 - exact) / flips); math.Abs(exact-estimates[0]) > 4*sd {
		t.Errorf("drawn p %v, counted %v: further apart than four standard errors of %v", estimates[0], exact, sd)
	}
	if drawn(sums, bounds, 1) != estimates {
		t.Error("the same seed drew another p")
	}
	if p := estimates[1]; p != 1.0/(flips+1) {
		t.Errorf("p of what no draw reaches is %v, want %v", p, 1.0/(flips+1))
	}
}

func TestThreePairsCannotBeSignificant(t *testing.T) {
	got := SignFlip(alone(-1, -2, -3), 1)
	if got.P != 0.25 || got.Smallest != 0.25 {
		t.Errorf("three pairs that all agree: p %v, smallest %v, want 0.25 and 0.25", got.P, got.Smallest)
	}
}

func TestSignsOfAClusterStayTogether(t *testing.T) {
	// Eight equal values on two tasks tell no more than two.
	got := SignFlip([]Cluster{{Values: []float64{1, 1, 1, 1}}, {Values: []float64{1, 1, 1, 1}}}, 1)
	if got.P != 0.5 {
		t.Errorf("p is %v, want that of two tasks, 0.5", got.P)
	}
	none := SignFlip([]Cluster{{Values: []float64{0, 0}}, {}}, 1)
	if none.P != 1 || none.Lower != 1 || none.Smallest != 1 {
		t.Errorf("where nothing differs: %+v, want p 1", none)
	}
}

func TestOrderAndStrataDoNotChangeP(t *testing.T) {
	clusters := alone(maize...)
	want := SignFlip(clusters, 1).P
	slices.Reverse(clusters)
	for i := range clusters {
		clusters[i].Stratum = string(rune('a' + i%3))
	}
	if got := SignFlip(clusters, 1).P; got != want {
		t.Errorf("in another order, in three strata: p %v, want %v", got, want)
	}
}
