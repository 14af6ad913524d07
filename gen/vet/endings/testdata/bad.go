package bad

import "github.com/seed161a02ea/bilevel/mechanisms"

func all() func(yield func(int) bool) {
	return func(yield func(int) bool) {
		for { // want `this loop has no visible end: it has no condition; give it a counter with a bound`
			if !yield(1) {
				return
			}
		}
	}
}

func f(v mechanisms.View, xs []int, n int, step float64) {
	p := v.Space.Default()
	for v.Tried(p) { // want `its condition v.Tried\(p\) does not compare`
		p = v.Uniform()
	}
	for i := 0; i < n; { // want `no visible end`
	}
	for i := 0; i < n; i-- { // want `i is also changed otherwise`
	}
	for i := 0; i < n; i++ { // want `i is also changed otherwise`
		if xs[i] > 0 {
			i--
		}
	}
	for i := 0; i < len(xs); i++ { // want `the loop changes its own bound len\(xs\)`
		xs = append(xs, i)
	}
	for i := 0; i < n; i++ { // want `the loop changes its own bound n`
		n++
	}
	for i := 10; i > n; i-- { // want `the loop changes its own bound n`
		n--
	}
	i := 0
	for i < n { // want `a pass may leave i as it is`
		if xs[i] > 0 {
			continue
		}
		i++
	}
	for i < n { // want `a pass may leave i as it is`
		if v.Rand.IntN(2) == 0 {
			i++
		}
	}
	for x := 1.0; x > 0; x /= 2 { // want `no visible end`
	}
	for k := n; k >= 0; k /= 2 { // want `no visible end`
	}
	for x := 0.0; x < 1; x += step { // want `x is also changed otherwise`
	}
	for len(xs) > 0 { // want `xs is also changed otherwise`
		xs = append(xs[1:], 3)
	}
	for i != n { // want `no visible end`
		i++
	}
	for i := 0; i < n || v.Tried(p); i++ { // want `no visible end`
	}
	for i := 0; i < n; i++ { // want `i is also changed otherwise`
		reset(&i)
	}
	for i := 0; i < n; i++ { // want `i is also changed otherwise`
		func() { i = 0 }()
	}
	for k := n; k >= 0; k /= len(xs) { // want `no visible end`
	}
	for k := -n; k != 0; k >>= 1 { // want `no visible end`
	}
	for k := n; k != 1; k /= 2 { // want `no visible end`
	}
	for k := uint(n); k >= 0; k &= k - 1 { // want `no visible end`
	}
	for a, b := n, 4; b != 0; { // want `b is also changed otherwise`
		a, b = b%a, a
	}
	for len(xs) < n { // want `a pass may leave xs as it is`
		if v.Rand.IntN(2) == 0 {
			xs = append(xs, 1)
		}
	}
	for len(xs) < n { // want `no visible end`
		xs = append(xs, xs...)
	}
	for x := range all() { // what it yields, it yields in a loop of its own
		_ = x
	}
}

func reset(i *int) { *i = 0 }
