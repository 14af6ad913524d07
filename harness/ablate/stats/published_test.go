package stats

import (
	"math"
	"testing"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s is %.6g, want %.6g", what, got, want)
	}
}

func TestEffectOfDarwinsMaize(t *testing.T) {
	// Fisher, The Design of Experiments (1935), chapter III: t = 2.148 with 14 degrees of freedom; d_z is t/sqrt(n).
	near(t, "d_z", DZ(maize), 2.148/math.Sqrt(15), 0.0002)
	near(t, "d_z of equal differences", DZ([]float64{0.1, 0.1, 0.1}), 0, 0)
	near(t, "d_z of one pair", DZ([]float64{3}), 0, 0)
	near(t, "probability of improvement", Improvement([]float64{-1, -2, 0, 3}), 0.625, 0)
}

func TestInterquartileMean(t *testing.T) {
	// Both data sets are the examples of Wikipedia's article "Interquartile mean".
	near(t, "interquartile mean of 12 values", IQM([]float64{5, 8, 4, 38, 8, 6, 9, 7, 7, 3, 1, 6}), 6.5, 1e-12)
	near(t, "interquartile mean of 9 values", IQM([]float64{1, 3, 5, 7, 9, 11, 13, 15, 17}), 9, 1e-12)
	near(t, "interquartile mean of one value", IQM([]float64{4}), 4, 1e-12)
	// (a's 0.25 quarter cut, half of it kept): of 5 values the middle 2.5 are 0.75 of the second, the third, 0.75 of the fourth.
	near(t, "interquartile mean of 5 values", IQM([]float64{100, 1, 2, 4, -50}), (0.75*1+2+0.75*4)/2.5, 1e-12)
}

func TestHolm(t *testing.T) {
	// The example of Wikipedia's article "Holm–Bonferroni method": of four, at 0.05, the 4th and the 1st are rejected.
	got := Holm([]float64{0.01, 0.04, 0.03, 0.005})
	for i, want := range []float64{0.03, 0.06, 0.06, 0.02} {
		near(t, "corrected p", got[i], want, 1e-12)
	}
	// p.adjust(c(0.5, 0.9, 0.02), "holm") of R: nothing exceeds 1, and order is kept.
	got = Holm([]float64{0.5, 0.9, 0.02})
	for i, want := range []float64{1, 1, 0.06} {
		near(t, "corrected p", got[i], want, 1e-12)
	}
}

func TestSpearman(t *testing.T) {
	// The example of Wikipedia's article "Spearman's rank correlation coefficient": IQ and hours of television; rho = -29/165.
	iq := []float64{106, 100, 86, 101, 99, 103, 97, 113, 112, 110}
	hours := []float64{7, 27, 2, 50, 28, 29, 20, 12, 6, 17}
	rho, bounds := Spearman(iq, hours, 0.95)
	near(t, "rho", rho, -29.0/165, 1e-12)
	// By hand: z = -0.177623, sd = sqrt((1 + rho²/2)/7) = 0.380870, times 1.959964.
	near(t, "lower bound", bounds.Low, math.Tanh(-0.177623-0.746491), 1e-4)
	near(t, "upper bound", bounds.High, math.Tanh(-0.177623+0.746491), 1e-4)
	if rho, bounds := Spearman([]float64{1, 2, 3, 4, 5}, []float64{2, 4, 6, 8, 9}, 0.95); rho != 1 || bounds.High != 1 || bounds.Low > 0.6 || bounds.Low < -0.5 {
		t.Errorf("five pairs in the same order: %v %v, want 1, bounded below by something that five can tell", rho, bounds)
	}
	if rho, bounds := Spearman([]float64{1, 1, 1}, []float64{1, 2, 3}, 0.95); rho != 0 || bounds != (Interval{-1, 1}) {
		t.Errorf("where one side does not vary: %v %v, want 0 between -1 and 1", rho, bounds)
	}
	if got := Ranks([]float64{2, 1, 2, 9}); got[0] != 2.5 || got[1] != 1 || got[2] != 2.5 || got[3] != 4 {
		t.Errorf("ranks are %v, want 2.5 1 2.5 4", got)
	}
}

func TestDataProfile(t *testing.T) {
	got := DataProfile([][]float64{{1, 0.5, 0.1}, {1, 0.9, 0.9, 0.05}, {1}}, 0.1)
	want := []float64{0, 0, 1.0 / 3, 2.0 / 3}
	for k := range want {
		near(t, "share solved", got[k], want[k], 1e-12)
	}
	if len(got) != 4 || DataProfile(nil, 0.1) != nil {
		t.Errorf("profile %v, want one value after each of 0 to 3 trials, none of nothing", got)
	}
}

func TestExchange(t *testing.T) {
	// By hand: of 20 ways to deal 1, 2, 3, 10, 11, 12 out into threes only this one and its mirror are as far apart.
	if extreme, all := Exchange([]float64{1, 2, 3}, []float64{10, 11, 12}); extreme != 2 || all != 20 {
		t.Errorf("%d of %d arrangements, want 2 of 20", extreme, all)
	}
	// 1, 4 against 2, 3: all means are alike, so every one of the 6 is as far apart.
	if extreme, all := Exchange([]float64{1, 4}, []float64{2, 3}); extreme != 6 || all != 6 {
		t.Errorf("%d of %d arrangements, want 6 of 6", extreme, all)
	}
	if extreme, all := Exchange(nil, []float64{2, 3}); extreme != 1 || all != 1 {
		t.Errorf("%d of %d arrangements of an empty sample, want 1 of 1", extreme, all)
	}
}
