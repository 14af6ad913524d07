package cmaes

import (
	"math"
	"slices"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// evaluations runs the strategy from x0 until f is below 1e-8, and returns the number of evaluations.
func evaluations(t *testing.T, f func([]float64) float64, x0 []float64, sigma float64, seed uint64) int {
	t.Helper()
	r := mechanisms.Stream(seed, 0, "cmaes")
	s := NewStrategy(x0, sigma, Lambda(len(x0)))
	for n := 0; n < 100000; {
		var g []Scored
		for range Lambda(len(x0)) {
			x := s.Ask(r)
			n++
			g = append(g, Scored{x, f(x)})
			if g[len(g)-1].Value <= 1e-8 {
				return n
			}
		}
		s.Tell(g)
	}
	t.Fatalf("seed %d: not below 1e-8 after 100000 evaluations", seed)
	return 0
}

func fill(n int, v float64) []float64 { return slices.Repeat([]float64{v}, n) }

func rosenbrock(x []float64) float64 {
	sum := 0.0
	for i := range len(x) - 1 {
		a, b := x[i]*x[i]-x[i+1], x[i]-1
		sum += 100*a*a + b*b
	}
	return sum
}

// The reference is pycma, by the method's author: its documentation runs Rosenbrock's function in ten dimensions from 0.2
// with step size 0.1 to 1e-8, "typically < 5500" evaluations and asserted below 6500 (its sigma_adaptation.py). It uses
// negative weights too, which make it somewhat faster.
func TestRosenbrockTakesThePublishedEvaluations(t *testing.T) {
	var counts []int
	for seed := range uint64(9) {
		counts = append(counts, evaluations(t, rosenbrock, fill(10, 0.2), 0.1, seed))
	}
	slices.Sort(counts)
	t.Log("evaluations:", counts)
	if median := counts[len(counts)/2]; median < 3500 || median > 6500 {
		t.Errorf("median of %v evaluations is %d, want 3500 to 6500", counts, median)
	}
}

// On an ellipsoid of condition 1e6 the covariance has to be learnt before convergence is that of the sphere, and on a rotated
// one it takes as long: the method is invariant. Medians measured when this was written: 1312, 5651 and 5667 evaluations;
// the bounds around them are what a wrong constant or path leaves.
func TestInvariantUnderRotationAndLogLinear(t *testing.T) {
	var plain, rotated, round []int
	for seed := range uint64(7) {
		round = append(round, evaluations(t, func(x []float64) float64 { return ellipsoid(x, 1) }, fill(10, 1), 0.5, seed))
		plain = append(plain, evaluations(t, func(x []float64) float64 { return ellipsoid(x, 1e6) }, fill(10, 1), 0.5, seed))
		rotated = append(rotated, evaluations(t, func(x []float64) float64 { return ellipsoid(turn(x), 1e6) }, fill(10, 1), 0.5, seed))
	}
	for _, c := range [][]int{round, plain, rotated} {
		slices.Sort(c)
	}
	t.Log("sphere:", round, "ellipsoid:", plain, "rotated:", rotated)
	if m := round[3]; m < 1000 || m > 2200 {
		t.Errorf("sphere: median of %v evaluations is %d, want 1000 to 2200", round, m)
	}
	if a, b := float64(plain[3]), float64(rotated[3]); a < 3500 || a > 7500 || math.Abs(a/b-1) > 0.15 {
		t.Errorf("ellipsoid: median %v, rotated %v; want 3500 to 7500 and within 15 %% of each other", a, b)
	}
}

func ellipsoid(x []float64, condition float64) float64 {
	sum := 0.0
	for i := range x {
		sum += math.Pow(condition, float64(i)/float64(len(x)-1)) * x[i] * x[i]
	}
	return sum
}

// turn rotates by 45 degrees in a chain of planes, which mixes all coordinates.
func turn(x []float64) []float64 {
	y := slices.Clone(x)
	for i := range len(y) - 1 {
		a, b := y[i], y[i+1]
		y[i], y[i+1] = (a-b)*math.Sqrt2/2, (a+b)*math.Sqrt2/2
	}
	return y
}

func TestMirrorFoldsIntoTheRange(t *testing.T) {
	for u, want := range map[float64]float64{0.3: 0.3, -0.3: 0.3, 1.2: 0.8, 2.1: 0.1, -1.4: 0.6} {
		if got := mirror(u); math.Abs(got-want) > 1e-12 {
			t.Errorf("mirror(%v) = %v, want %v", u, got, want)
		}
	}
}
