package command

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Points lie at tenths whatever the program prints: between two values on the line that joins them.
func TestACurveHasItsPointsAtTenths(t *testing.T) {
	for what, c := range map[string]struct {
		printed [][2]float64 // share and value
		want    []mechanisms.Sample
	}{
		"nothing":                 {nil, nil},
		"at tenths":               {[][2]float64{{0.1, 4}, {0.2, 3}}, []mechanisms.Sample{{Fraction: 0.1, BPB: 4}, {Fraction: 0.2, BPB: 3}}},
		"between them":            {[][2]float64{{0.15, 4}, {0.25, 2}}, []mechanisms.Sample{{Fraction: 0.2, BPB: 3}}},
		"a long way":              {[][2]float64{{0, 5}, {0.4, 1}}, []mechanisms.Sample{{Fraction: 0.1, BPB: 4}, {Fraction: 0.2, BPB: 3}, {Fraction: 0.3, BPB: 2}, {Fraction: 0.4, BPB: 1}}},
		"nothing before":          {[][2]float64{{0.55, 4}}, nil},
		"going back":              {[][2]float64{{0.1, 4}, {0.05, 1}, {0.2, 3}}, []mechanisms.Sample{{Fraction: 0.1, BPB: 4}, {Fraction: 0.2, BPB: 3}}},
		"to the end":              {[][2]float64{{0.9, 4}, {1, 3}}, []mechanisms.Sample{{Fraction: 0.9, BPB: 4}}},
		"out of the trial's time": {[][2]float64{{-1, 4}, {7, 3}}, nil},
	} {
		var got []mechanisms.Sample
		x := curve{sign: 1, told: func(s mechanisms.Sample) { got = append(got, s) }}
		for _, p := range c.printed {
			x.print(p[0], p[1])
		}
		for i := range got {
			got[i].BPB = float64(int(got[i].BPB*1e9+0.5)) / 1e9
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", what, got, c.want)
		}
	}
}

// However a program prints, and whatever: cut lines, carriage returns, values that are none.
func TestTheCurveIsReadFromTheOutput(t *testing.T) {
	printed := "step 1 (10%) loss 4\rstep 2 (20%) loss nan\rstep 3 (30%) loss 2\r\n(40%)\nloss 1 loss\n(x%) loss 9\n"
	for pattern, want := range map[string]string{
		`\((?P<percent>\d+)%\).* loss (?P<value>\S+)`: "[{0.1 4} {0.2 3} {0.3 2}]",
		`loss (?P<value>\d+)`:                         "[{0.1 4} {0.2 3} {0.3 2} {0.4 1}]", // with progress
	} {
		f, err := Parse([]byte(strings.Replace(good, "timeout:", "progress: '\\((\\d+)%\\)'\ncurve: '"+pattern+"'\ntimeout:", 1)))
		if err != nil {
			t.Fatal(err)
		}
		var got []mechanisms.Sample
		for _, size := range []int{1, 7, len(printed)} {
			got = nil
			o := newOutput(f, nil)
			o.curve = &curve{sign: 1, told: func(s mechanisms.Sample) { got = append(got, s) }}
			for b := []byte(printed); len(b) > 0; b = b[min(size, len(b)):] {
				_, _ = o.Write(b[:min(size, len(b))])
			}
			if fmt.Sprint(got) != want {
				t.Errorf("%s, %d bytes at a time: got %v, want %s", pattern, size, got, want)
			}
		}
	}
}
