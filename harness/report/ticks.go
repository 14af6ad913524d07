package report

import (
	"math"
	"strconv"

	"gonum.org/v1/plot"
)

// evenTicks stand where gonum's do. Their labels are those values: gonum's round to a number of digits that can be too small for
// the range, and then name another value.
type evenTicks struct{}

// Ticks implements plot.Ticker.
func (evenTicks) Ticks(low, high float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(low, high)
	largest := 0.0
	for _, t := range ticks {
		if !t.IsMinor() {
			largest = max(largest, math.Abs(t.Value))
		}
	}
	format := byte('f')
	if largest >= 1e6 || largest < 1e-3 {
		format = 'e'
	}
	digits := 0
	for _, t := range ticks {
		for !t.IsMinor() && digits < 12 && math.Abs(named(label(t.Value, format, digits))-t.Value) > 1e-6*(high-low) {
			digits++
		}
	}
	for i, t := range ticks {
		if !t.IsMinor() {
			ticks[i].Label = label(t.Value, format, digits)
		}
	}
	return ticks
}

// label writes a value with so many digits after the point; zero has no sign.
func label(v float64, format byte, digits int) string {
	text := strconv.FormatFloat(v, format, digits, 64)
	if named(text) == 0 {
		text = strconv.FormatFloat(0, format, digits, 64)
	}
	return text
}

// named is the value that a label names.
func named(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		panic(err) // it was written by FormatFloat
	}
	return v
}
