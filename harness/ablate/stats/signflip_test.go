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
// Experiments (1935), chapter III for the data, section 21 for the count.
var maize = []float64{49, -67, 8, 16, 6, 23, 28, 41, 14, 29, 56, 24, 75, 60, -48}

func TestFisherCountsDarwinsMaize(t *testing.T) {
	got := SignFlip(alone(maize...), 1)
	// Of the 32,768 patterns of signs, Fisher finds 863 whose sum is as great as that observed or greater.
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
			if want := math.Ldexp(float64(lower), -n); got.Lower != want && total != 0 {
				t.Errorf("%v: one-sided p is %v, want %v", values, got.Lower, want)
			}
		}
	}
}

// studentised is T² by its definition, without the ridge.
func studentised(strata [][]float64) float64 {
	total, variance := 0.0, 0.0
	for _, sums := range strata {
		d := Spread(sums)
		variance += float64(len(sums)) * d * d
		for _, v := range sums {
			total += v
		}
	}
	return total * total / variance
}

func TestCountingByStrataIsCountingAll(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	for range 60 {
		sizes := []int{2 + r.IntN(3), 2 + r.IntN(3), 2 + r.IntN(4)}
		var clusters []Cluster
		var signs []*float64
		strata := make([][]float64, len(sizes))
		for h, n := range sizes {
			strata[h] = make([]float64, n)
			for i := range strata[h] {
				strata[h][i] = r.NormFloat64() + float64(h-1)
				signs = append(signs, &strata[h][i])
				clusters = append(clusters, Cluster{Stratum: string(rune('a' + h)), Values: []float64{strata[h][i]}})
			}
		}
		total := Mean(Flat(clusters))
		observed, reached, lower := studentised(strata), 0, 0
		for pattern := range 1 << len(signs) {
			for i, v := range signs {
				if *v = math.Abs(*v); pattern>>i&1 == 1 {
					*v = -*v
				}
			}
			sum := 0.0
			for _, v := range signs {
				sum += *v
			}
			x := studentised(strata)
			if x >= observed*(1-1e-9) {
				reached++
			}
			if sum < 0 && (total > 0 || x >= observed*(1-1e-9)) || sum >= 0 && total > 0 && x <= observed*(1+1e-9) {
				lower++
			}
		}
		got := SignFlip(clusters, 1)
		if want := math.Ldexp(float64(reached), -len(signs)); !got.Exact || math.Abs(got.P-want) > 1e-12 {
			t.Errorf("%v: p is %v, want %v", clusters, got.P, want)
		}
		if want := math.Ldexp(float64(lower), -len(signs)); math.Abs(got.Lower-want) > 1e-12 {
			t.Errorf("%v: one-sided p is %v, want %v", clusters, got.Lower, want)
		}
	}
}

func TestDrawnSignsAgreeWithCountedOnes(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 5))
	var strata [][]float64
	for range 3 {
		sums := make([]float64, 8)
		for i := range sums {
			sums[i] = r.NormFloat64() - 0.3
		}
		strata = append(strata, sums)
	}
	s := newStudent(strata)
	exact, _, counted := s.shares(true, 1)
	for range 3 { // too many to count
		s.strata = append(s.strata[:2:2], append(s.strata[2], make([]float64, 5)...))
	}
	estimate, _, also := s.shares(true, 1)
	if again, _, _ := s.shares(true, 1); again != estimate {
		t.Error("the same seed drew another p")
	}
	if !counted || also {
		t.Fatalf("24 tasks counted: %v; 39 tasks counted: %v", counted, also)
	}
	if sd := math.Sqrt(exact * (1 - exact) / flips); math.Abs(exact-estimate) > 4*sd {
		t.Errorf("drawn p %v, counted %v: further apart than four standard errors of %v", estimate, exact, sd)
	}
	if least, more := drawn(strata, 1, func([]float64) float64 { return -1 }); least != 1.0/(flips+1) || more != least {
		t.Errorf("p of what no draw reaches is %v, want %v", least, 1.0/(flips+1))
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

func TestWhatAFamilyGainsIsNoNoise(t *testing.T) {
	var clusters []Cluster
	r := rand.New(rand.NewPCG(6, 6))
	for i := range 24 { // one family gains much, one a little, one loses a little
		effect := []float64{-1, -0.2, 0.2}[i%3]
		clusters = append(clusters, Cluster{Stratum: string(rune('a' + i%3)), Values: []float64{effect + 0.2*r.NormFloat64()}})
	}
	within := SignFlip(clusters, 1)
	for i := range clusters {
		clusters[i].Stratum = ""
	}
	if over := SignFlip(clusters, 1); !within.Exact || within.P > 0.005 || over.P < 0.02 {
		t.Errorf("p within families %v, over all %v: want the first a tenth of it", within.P, over.P)
	}
}

func TestTasksThatAllAgreeGiveTheSmallestP(t *testing.T) {
	var clusters []Cluster
	for i, v := range []float64{-1, -1, -1, -3, -3, -3, -0.5, -0.5} {
		clusters = append(clusters, Cluster{Stratum: string(rune('a' + i/3)), Values: []float64{v}})
	}
	if got := SignFlip(clusters, 1); got.P != got.Smallest || got.Smallest != 1.0/128 {
		t.Errorf("p %v, smallest %v, want 1/128 both", got.P, got.Smallest)
	}
}

func TestOrderOfTasksDoesNotChangeP(t *testing.T) {
	clusters := alone(maize...)
	for i := range clusters {
		clusters[i].Stratum = string(rune('a' + i%3))
	}
	want := SignFlip(clusters, 1).P
	slices.Reverse(clusters)
	if got := SignFlip(clusters, 1).P; got != want {
		t.Errorf("in another order: p %v, want %v", got, want)
	}
}
