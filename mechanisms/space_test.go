package mechanisms

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// param draws a parameter of any kind, with bounds and default that make sense.
func param(t *rapid.T) Param {
	q := Param{Name: "P", Kind: rapid.SampledFrom([]Kind{Float, Int, Pow2, Choice}).Draw(t, "kind")}
	switch q.Kind {
	case Float:
		q.Log = rapid.Bool().Draw(t, "log")
		q.Min = rapid.Float64Range(-100, 100).Draw(t, "min")
		if q.Log {
			q.Min = math.Exp(rapid.Float64Range(-12, 3).Draw(t, "log min"))
		}
		q.Max = q.Min + math.Exp(rapid.Float64Range(-6, 6).Draw(t, "width"))
	case Int:
		q.Min = float64(rapid.IntRange(-20, 20).Draw(t, "min"))
		q.Max = q.Min + float64(rapid.IntRange(0, 40).Draw(t, "width"))
		q.Log = q.Min > 0 && rapid.Bool().Draw(t, "log")
	case Pow2:
		q.Min = math.Exp2(float64(rapid.IntRange(-3, 16).Draw(t, "min")))
		q.Max = q.Min * math.Exp2(float64(rapid.IntRange(0, 8).Draw(t, "doublings")))
	case Choice:
		q.Choices = strings.Split("SSSL SSLL SLSL LLLL SSSS LSSL", " ")[:rapid.IntRange(1, 6).Draw(t, "labels")]
		q.Max = float64(len(q.Choices) - 1)
	}
	q.Default = q.Clip(rapid.Float64Range(q.Min, q.Max).Draw(t, "default"))
	return q
}

// value draws one of the parameter's values.
func value(t *rapid.T, q Param) float64 {
	return q.FromUnit01(rapid.Float64Range(0, 1).Draw(t, "unit"))
}

func TestClipIsInsideAndNearest(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := param(t)
		x := rapid.Float64().Draw(t, "x")
		v := q.Clip(x)
		if err := q.Check(v); err != nil {
			t.Fatalf("Clip(%v) = %v: %v", x, v, err)
		}
		if again := q.Clip(v); again != v {
			t.Fatalf("Clip(%v) = %v, and of that %v", x, v, again)
		}
		if x >= q.Min && x <= q.Max && q.Kind == Float && math.Abs(v-x) > 1e-5*math.Abs(x) {
			t.Fatalf("Clip(%v) = %v, want the value itself to six digits", x, v)
		}
	})
	for _, x := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		for _, q := range []Param{{Kind: Float, Min: -1, Max: 2}, {Kind: Pow2, Min: 2, Max: 8, Default: 4}, {Kind: Int, Min: 1, Max: 3, Default: 1}} {
			if err := q.Check(q.Clip(x)); err != nil {
				t.Errorf("Clip(%v): %v", x, err)
			}
		}
	}
}

func TestParseReadsWhatFormatWrote(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := param(t)
		v := value(t, q)
		if q.Kind == Float && rapid.Bool().Draw(t, "all digits") {
			v = rapid.Float64Range(q.Min, q.Max).Draw(t, "v")
		}
		got, err := q.Parse(q.Format(v))
		if err != nil || got != v {
			t.Fatalf("Parse(Format(%v) = %q) = %v, %v", v, q.Format(v), got, err)
		}
	})
}

func TestUnit01AndBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := param(t)
		v := value(t, q)
		u := q.Unit01(v)
		if u < -1e-9 || u > 1+1e-9 {
			t.Fatalf("Unit01(%v) = %v, want 0 to 1", v, u)
		}
		if got := q.FromUnit01(u); math.Abs(got-v) > 2e-5*math.Max(math.Abs(v), (q.Max-q.Min)*1e-6) {
			t.Fatalf("FromUnit01(Unit01(%v) = %v) = %v", v, u, got)
		}
	})
}

func TestMoveStaysInsideAndGoesTheRightWay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := param(t)
		v := value(t, q)
		dir := rapid.SampledFrom([]int{-1, 1}).Draw(t, "dir")
		size := rapid.Float64Range(0.001, 1.5).Draw(t, "size")
		w := q.Move(v, dir, size)
		if err := q.Check(w); err != nil {
			t.Fatalf("Move(%v, %d, %v) = %v: %v", v, dir, size, w, err)
		}
		if float64(dir)*(w-v) < 0 {
			t.Fatalf("Move(%v, %+d, %v) = %v, want no step back", v, dir, size, w)
		}
		end := q.Max
		if dir < 0 {
			end = q.Min
		}
		if q.Kind != Float && v != end && w == v {
			t.Fatalf("Move(%v, %+d, %v) stays, want the next value at least", v, dir, size)
		}
	})
}

func TestLevelsAreTheValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		q := param(t)
		last := math.Inf(-1)
		for k := range q.Levels() {
			v := q.Level(k)
			if err := q.Check(v); err != nil || v <= last {
				t.Fatalf("Level(%d) = %v after %v: %v", k, v, last, err)
			}
			last = v
		}
		if q.Kind != Float && last != q.Max {
			t.Fatalf("the last of %d levels is %v, want %v", q.Levels(), last, q.Max)
		}
	})
}

func TestCheckNamesWhatIsWrong(t *testing.T) {
	s := Space{Name: "toy", Params: []Param{
		{Name: "TOTAL", Kind: Pow2, Min: 64, Max: 4096, Default: 512},
		{Name: "DEVICE", Kind: Pow2, Min: 1, Max: 32, Default: 8},
		{Name: "SHAPE", Kind: Choice, Max: 1, Choices: []string{"deep", "wide"}},
	}, Constraints: []Constraint{{Left: []string{"TOTAL"}, Right: []string{"DEVICE"}, Factor: 64, Multiple: true, Why: "whole micro-batches"}}}
	for _, c := range []struct {
		p     Point
		words string
	}{
		{Point{512, 8, 0}, ""},
		{Point{512, 8}, "point has 2 values, want 3"},
		{Point{500, 8, 0}, "TOTAL = 500, want a power of two"},
		{Point{512, 64, 0}, "DEVICE = 64, want a power of two from 1 to 32"},
		{Point{512, 8, 0.5}, "SHAPE = 0.5, want a whole number"},
		{Point{512, 8, math.NaN()}, "SHAPE = NaN, want one of deep, wide"},
		{Point{512, 16, 0}, "want a multiple of 64 × DEVICE = 1024: whole micro-batches"},
	} {
		err := s.Check(c.p)
		if (err == nil) != (c.words == "") || err != nil && !strings.Contains(err.Error(), c.words) {
			t.Errorf("Check(%v) = %v, want %q", c.p, err, c.words)
		}
	}
	var broken *ConstraintError
	if err := s.Check(Point{512, 16, 0}); !errors.As(err, &broken) || broken.Left != 512 || broken.Right != 1024 {
		t.Errorf("a broken constraint is %#v, want a ConstraintError with both sides", err)
	}
	if got := s.Tied(1); !slices.Equal(got, []string{"DEVICE", "TOTAL"}) {
		t.Errorf("Tied(DEVICE) = %v, want it and TOTAL", got)
	}
	if got := s.Tied(2); !slices.Equal(got, []string{"SHAPE"}) {
		t.Errorf("Tied(SHAPE) = %v, want it alone", got)
	}
	if s.Inside(Point{512, 16, 0}) != nil {
		t.Error("Inside minds constraints")
	}
}
