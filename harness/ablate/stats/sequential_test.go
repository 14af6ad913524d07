package stats

import (
	"fmt"
	"math"
	"testing"
)

func equalLooks(k int) []int {
	looks := make([]int, k)
	for i := range looks {
		looks[i] = 12 * (i + 1)
	}
	return looks
}

// crossing is the two-sided chance to leave symmetric bounds at any of k equally spaced looks.
func crossing(bounds []float64) float64 {
	w, out := newWalk(0), 0.0
	for i, b := range bounds {
		t := float64(i+1) / float64(len(bounds))
		out += w.above(t, b) + w.below(t, -b)
		w.step(t, -b, b)
	}
	return out
}

// Jennison and Turnbull, Group Sequential Methods (2000), tables 2.1 and 2.3: constants C_P and C_B of the two-sided tests of
// Pocock and of O'Brien and Fleming with alpha = 0.05, by the number of looks.
func TestConstantsOfPocockAndOBrienFleming(t *testing.T) {
	pocock := map[int]float64{1: 1.960, 2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413}
	fleming := map[int]float64{1: 1.960, 2: 1.977, 3: 2.004, 4: 2.024, 5: 2.040}
	for k := 1; k <= 5; k++ {
		flat := root(0, 6, func(c float64) float64 {
			bounds := make([]float64, k)
			for i := range bounds {
				bounds[i] = c
			}
			return crossing(bounds) - 0.05
		})
		near(t, fmt.Sprintf("Pocock's constant for %d looks", k), flat, pocock[k], 0.0005)
		falling := root(0, 6, func(c float64) float64 {
			bounds := make([]float64, k)
			for i := range bounds {
				bounds[i] = c * math.Sqrt(float64(k)/float64(i+1))
			}
			return crossing(bounds) - 0.05
		})
		near(t, fmt.Sprintf("O'Brien and Fleming's constant for %d looks", k), falling, fleming[k], 0.0005)
	}
}

// Five equally spaced looks, two-sided 0.05, which is 0.025 on each side: printed by the program of Reboussin, DeMets, Kim and
// Lan (Controlled Clinical Trials 21, 2000) and by every one after it.
func TestBoundsOfLanAndDeMets(t *testing.T) {
	for _, c := range []struct {
		name  string
		spend Spending
		want  []float64
	}{
		{"O'Brien-Fleming type", OBrienFleming, []float64{4.877, 3.357, 2.680, 2.290, 2.031}},
		{"Pocock type", Pocock, []float64{2.438, 2.427, 2.410, 2.397, 2.386}},
	} {
		b, err := Design{Looks: equalLooks(5), Alpha: 0.025, Power: 0.9, Efficacy: c.spend}.Bounds()
		if err != nil {
			t.Fatal(err)
		}
		for k, want := range c.want {
			near(t, fmt.Sprintf("%s: bound at look %d", c.name, k+1), b.Efficacy[k], want, 0.0005)
		}
	}
}

// The default design of the R package gsDesign (Anderson), as its manual prints it: three looks, one-sided 0.025, power 0.9, spending
// by Hwang, Shih and DeCani with gamma -4 and -2, futility that does not bind. N is 1.070 times that of one look.
func TestBoundsOfGsDesign(t *testing.T) {
	family := func(gamma float64) Spending {
		return func(total, t float64) float64 { return total * math.Expm1(-gamma*t) / math.Expm1(-gamma) }
	}
	b, err := Design{Looks: equalLooks(3), Alpha: 0.025, Power: 0.9, Efficacy: family(-4), Futility: family(-2)}.Bounds()
	if err != nil {
		t.Fatal(err)
	}
	for k, want := range []float64{3.01, 2.55, 2.00} {
		near(t, fmt.Sprintf("efficacy at look %d", k+1), b.Efficacy[k], want, 0.005)
	}
	for k, want := range []float64{-0.24, 0.94, 2.00} {
		near(t, fmt.Sprintf("futility at look %d", k+1), b.Futility[k], want, 0.005)
	}
	ratio := b.Effect() / FixedEffect(36, 0.025, 0.9)
	near(t, "sample size by that of one look", ratio*ratio, 1.070, 0.0005)
}

// planned are the looks of an ablation of 48 pairs. Alpha is a little less than the 0.025 that is to be kept, Power a little more
// than the 0.80 that is to be reached: see the simulations.
var planned = Design{Looks: []int{8, 16, 24, 32, 48}, Alpha: 0.024, Power: 0.83, Efficacy: OBrienFleming, Futility: OBrienFleming}

func TestBoundsKeepTheirErrors(t *testing.T) {
	b, err := planned.Bounds()
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("efficacy %.3f, futility %.3f, drift %.3f, effect %.3f", b.Efficacy, b.Futility, b.Drift, b.Effect())
	none := []float64{math.Inf(-1), math.Inf(-1), math.Inf(-1), math.Inf(-1), math.Inf(-1)}
	_, alpha := outcomes(planned, 0, b.Efficacy, none)
	near(t, "chance of efficacy without drift when nobody stops for futility", alpha, planned.Alpha, 1e-8)
	if _, stopping := outcomes(planned, 0, b.Efficacy, b.Futility); stopping > alpha {
		t.Errorf("stopping for futility raises the error from %v to %v", alpha, stopping)
	}
	below, above := outcomes(planned, b.Drift, b.Efficacy, b.Futility)
	near(t, "power at the drift", above, planned.Power, 1e-8)
	near(t, "chance to end in vain at the drift", below, 1-planned.Power, 1e-8)
	for k := range b.Looks[:4] {
		if b.Futility[k] >= b.Efficacy[k] || k > 0 && (b.Futility[k] <= b.Futility[k-1] || b.Efficacy[k] >= b.Efficacy[k-1]) {
			t.Errorf("bounds do not close in on each other: %v and %v", b.Efficacy, b.Futility)
		}
	}
}

func TestFinerNodesDoNotMoveBounds(t *testing.T) {
	// Looks of very unequal distance: the density after a small step is narrow against what it is spread over.
	d := Design{Looks: []int{8, 9, 90, 100}, Alpha: 0.025, Power: 0.8, Efficacy: OBrienFleming, Futility: OBrienFleming}
	b, err := d.Bounds()
	if err != nil {
		t.Fatal(err)
	}
	w, inside := newWalk(0), 0.0
	for k := range d.Looks {
		w.step(d.share(k), -far, far)
	}
	for _, p := range w.density {
		inside += p
	}
	near(t, "chance to be anywhere after four looks", inside, 1, 1e-9)
	_, above := outcomes(d, b.Drift, b.Efficacy, b.Futility)
	near(t, "power at the drift", above, 0.8, 1e-8)
}

func TestDecisions(t *testing.T) {
	b, err := planned.Bounds()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		pairs int
		z     float64
		want  Outcome
	}{
		{8, 1, GoOn}, {24, b.Efficacy[2], Efficacy}, {24, b.Futility[2], Futility}, {48, b.Efficacy[4] - 0.01, End}, {48, b.Efficacy[4], Efficacy},
	} {
		got, err := b.Decide(c.pairs, c.z)
		if err != nil || got != c.want {
			t.Errorf("Z %.2f after %d pairs: %q, %v, want %q", c.z, c.pairs, got, err, c.want)
		}
	}
	if _, err := b.Decide(20, 1); err == nil {
		t.Error("a look that was not planned was answered")
	}
	for _, d := range []Design{{}, {Looks: []int{8, 8}, Alpha: 0.025, Power: 0.8}, {Looks: []int{8}, Alpha: 0, Power: 0.8}, {Looks: []int{8}, Alpha: 0.1, Power: 0.05}} {
		if _, err := d.Bounds(); err == nil {
			t.Errorf("design %+v has bounds", d)
		}
	}
}
