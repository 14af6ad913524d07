//go:build cuda && linux && amd64

package cuda

import (
	"slices"
	"testing"
)

func TestSortTokens(t *testing.T) {
	rows := []int32{3, 1, 3, 0, 1, 1, 3, 2} // two sequences of 3, targets last
	starts, places := make([]int32, 6), make([]int32, 6)
	sortTokens(rows, 3, starts, places)
	if want := []int32{0, 0, 3, 3, 6, 6}; !slices.Equal(starts, want) {
		t.Errorf("starts are %v, want %v", starts, want)
	}
	if want := []int32{1, 3, 4, 0, 2, 5}; !slices.Equal(places, want) {
		t.Errorf("places are %v, want %v", places, want)
	}
}
