package report

import (
	"math"
	"testing"
)

// Gonum labels a tick at 1.005 "1", and one at 0.985 beside it "0.985".
func TestLabelsOfTicksAreTheirValues(t *testing.T) {
	for _, c := range [][2]float64{{0.9648, 1.0057}, {0.75, 0.98}, {-1.3, 0.4}, {0, 30}, {1.2e7, 1.9e7}, {2e-6, 9e-6}, {-0.04, 0.04}, {2.45, 2.4501}} {
		major := 0
		for _, tick := range (evenTicks{}).Ticks(c[0], c[1]) {
			if tick.IsMinor() {
				continue
			}
			major++
			if off := math.Abs(named(tick.Label) - tick.Value); off > 1e-5*(c[1]-c[0]) {
				t.Errorf("from %v to %v: the tick at %v is labelled %s", c[0], c[1], tick.Value, tick.Label)
			}
			if len(tick.Label) > 9 {
				t.Errorf("from %v to %v: the label %s is long", c[0], c[1], tick.Label)
			}
		}
		if major < 2 {
			t.Errorf("from %v to %v: %d labels, want at least 2", c[0], c[1], major)
		}
	}
}
