package sobol

import "testing"

// The first points of Joe and Kuo's own program for three dimensions.
func TestFirstPointsAreThePublishedOnes(t *testing.T) {
	want := [][3]float64{{0, 0, 0}, {0.5, 0.5, 0.5}, {0.75, 0.25, 0.25}, {0.25, 0.75, 0.75}, {0.375, 0.375, 0.625}, {0.875, 0.875, 0.125}, {0.625, 0.125, 0.875}, {0.125, 0.625, 0.375}}
	for i, p := range want {
		for d := range p {
			if got := At(uint32(i), d); got != p[d] {
				t.Errorf("point %d, dimension %d: %v, want %v", i, d, got, p[d])
			}
		}
	}
}

// What makes the sequence worth having: the first 2^m points put exactly one into each of 2^m equal intervals, in every dimension.
// A wrong direction number of a polynomial breaks it for some m.
func TestEveryDimensionIsStratified(t *testing.T) {
	for d := range Dimensions {
		for m := range 11 {
			seen := map[int]bool{}
			for i := range 1 << m {
				seen[int(At(uint32(i), d)*float64(int(1)<<m))] = true
			}
			if len(seen) != 1<<m {
				t.Errorf("dimension %d: %d points fall into %d of as many intervals", d, 1<<m, len(seen))
			}
		}
	}
}

// No two dimensions may be the same sequence, as two equal rows of the table would make them.
func TestDimensionsDiffer(t *testing.T) {
	for a := range Dimensions {
		for b := range a {
			same := 0
			for i := range uint32(256) {
				if At(i, a) == At(i, b) {
					same++
				}
			}
			if same > 64 {
				t.Errorf("dimensions %d and %d agree in %d of 256 points", a, b, same)
			}
		}
	}
}
