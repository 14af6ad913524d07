package cpu

import (
	"math"
	"testing"
)

func TestLogIsWithinOneUnit(t *testing.T) {
	for bits := uint32(0x00800000); bits < 0x7f800000; bits += 9973 {
		x := math.Float32frombits(bits)
		want := float32(math.Log(float64(x)))
		// math.Log may itself fall on the other side of a rounding boundary.
		if got := log(x); got != want && math.Nextafter32(got, want) != want {
			t.Fatalf("log(%v) = %v, want %v", x, got, want)
		}
	}
	if got := log(1); got != 0 {
		t.Errorf("log(1) = %v, want 0", got)
	}
}
