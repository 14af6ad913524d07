//go:build !linux && !darwin

package contain

import (
	"fmt"
	"runtime"
)

// Become returns an error: nothing can be contained here.
func (s Spec) Become() error {
	return fmt.Errorf("contain %s: %s offers no walls", s.Program, runtime.GOOS)
}

// Offered returns the walls that this system offers: none.
func Offered() (map[Wall]string, []Missing) {
	var missing []Missing
	for _, w := range Walls() {
		missing = append(missing, Missing{w, runtime.GOOS + " has none that bilevel knows"})
	}
	return nil, missing
}
