package bad

import (
	"maps"
	"math/rand/v2"
	"slices"
	"sort"
)

func f(m map[string]float64, counts map[string]int, r *rand.Rand) (string, float64) {
	best, score := "", 0.0
	for k, x := range m {
		if x > score {
			best, score = k, x // want `this loop visits the map m in random order, and what this statement does may depend on the order: collect the keys and sort them first`
		}
	}
	sum := 0.0
	for _, x := range m {
		sum += x // want `may depend on the order`
	}
	for k := range m {
		return k, sum // want `what it returns depends on which entry comes first`
	}
	n := 0
	for range m {
		if n++; n > 3 {
			break // want `leaving it early`
		}
	}
	rank := 0
	ranks := map[string]int{}
	for k := range m {
		rank++
		ranks[k] = rank // want `it reads rank while it changes it`
	}
	for k := range m {
		m[k] = r.Float64() // want `it calls r.Float64, which may draw random numbers`
	}
	for k := range m {
		if len(m) > 10 {
			delete(m, k) // want `it reads m while it changes it`
		}
	}
	first := true
	for range m {
		if first {
			first = false // want `it reads first while it changes it`
		}
	}
	flag := 0
	for _, x := range m {
		if x > 1 {
			flag = 1
		} else {
			flag = 2 // want `may depend on the order`
		}
	}
	var names []string
	for k := range counts { // want `collects names from the map counts in random order and the next statement does not sort it: follow it by slices.Sort\(names\)`
		names = append(names, k)
	}
	sort.Slice(names, func(i, j int) bool { return counts[names[i]] < counts[names[j]] })
	keys := slices.Collect(maps.Keys(m)) // want `maps.Keys visits the map in random order`
	var last string
	for k := range maps.All(m) {
		last = k // want `this loop visits the map m in random order, and what this statement does may depend on the order`
	}
	for x := range maps.Values(counts) {
		score += float64(x) // want `this loop visits the map counts in random order`
	}
	var values []int
	for x := range maps.Values(counts) {
		values = append(values, x) // want `may depend on the order`
	}
	each := maps.Values(m)               // want `maps.Values visits the map in random order`
	late := slices.Collect(maps.Keys(m)) // want `maps.Keys visits the map in random order`
	last += late[0]
	slices.Sort(late)
	_, _ = each, last
	return best + keys[0], score + float64(flag)
}
