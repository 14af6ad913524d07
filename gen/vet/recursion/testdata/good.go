package good

import "slices"

type node struct{ next int }

func (n node) walk(all []node) (sum int) {
	for range all {
		sum += add(n.next, 1)
		n = all[n.next]
	}
	return sum
}

func add(a, b int) int { return a + b }

func generic[T any](xs []T, f func(T) int) (n int) {
	for _, x := range xs {
		n += f(x)
	}
	return n
}

func order(xs []int) int {
	less := func(a, b int) int { return add(a, -b) }
	slices.SortFunc(xs, less)
	return generic(xs, func(x int) int { return add(x, 1) }) + node{}.walk(nil)
}

// The literal hands its maker on, and nothing calls it.
func maker(n int) func() int {
	return func() int { return n * kind(maker) }
}

func kind(f func(int) func() int) int { return 1 }
