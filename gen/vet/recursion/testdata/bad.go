package bad

import "slices"

func factorial(n int) int { // want `factorial calls itself: recursion is not allowed; write it as a loop`
	if n < 2 {
		return 1
	}
	return n * factorial(n-1)
}

func even(n int) bool { return n == 0 || odd(n-1) } // want `even calls itself through odd`
func odd(n int) bool  { return n != 0 && even(n-1) }

func closure() int {
	var walk func(int) int
	walk = func(n int) int { return walk(n - 1) } // want `a function literal in closure calls itself`
	return walk(3)
}

type tree struct{ kids []tree }

func (t tree) size() int { // want `\(tree\).size calls itself`
	n := 1
	for _, k := range t.kids {
		n += k.size()
	}
	return n
}

func generic[T any](x T, n int) int { // want `generic calls itself`
	if n == 0 {
		return 0
	}
	return generic[T](x, n-1)
}

func through(xs []int) { // want `through calls itself through a function literal in through`
	slices.SortFunc(xs, func(a, b int) int { through(xs); return 0 })
}

type shape interface{ area() int }
type pair struct{ a, b shape }

func (p pair) area() int { return p.a.area() + p.b.area() } // want `\(pair\).area calls itself`

func method(t tree) func() int { return t.count }

func (t tree) count() int { // want `\(tree\).count calls itself`
	f := t.count
	return f()
}
