package good

import "strings"

var grid [32][32]float64

func f(n int) ([]float64, string) { return make([]float64, n, 1<<10), strings.Repeat("x", 80) }
