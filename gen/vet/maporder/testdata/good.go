package good

import (
	"maps"
	"math"
	"slices"
	"sort"
)

func f(m map[string]int, w map[string]float64) (n int, names []string) {
	for k := range m {
		names = append(names, k)
	}
	sort.Strings(names)
	for _, k := range slices.Sorted(maps.Keys(m)) {
		n = n*3 + m[k]
	}
	total, any := 0, false
	for k, x := range m {
		total += x
		if x > 3 {
			any = true
			continue
		}
		half := float64(x) / 2
		w[k] = math.Sqrt(half)
		m[k]++
	}
	for k, x := range m {
		if x == 0 {
			delete(m, k)
		}
	}
	if any {
		return total, names
	}
	for _, x := range m {
		if x > 7 {
			return 0, nil
		}
	}
	for x := range maps.Values(m) {
		n += x
	}
	for k := range maps.Keys(m) {
		w[k]++
	}
	keys := slices.Collect(maps.Keys(m))
	slices.Sort(keys)
	return n, append(names, keys...)
}
