package bad

import "strings"

var grid [4096][4096]float64 // want `the array type has 16777216 elements, want at most 1048576`

func f() ([]float64, string) {
	return make([]float64, 0, 1<<40), strings.Repeat("x", 1<<30) // want `make of 1099511627776 elements` `strings.Repeat of 1073741824 elements`
}
