package good

import "slices"

type queue struct{ Items []int }

func f(xs []float64, n int, limit float64, q queue, ready func() bool) (sum float64) {
	for i := 0; i < len(xs); i++ {
		sum += xs[i]
	}
	for i := len(xs) - 1; i >= 0; i-- {
		sum += xs[i]
	}
	for i, j := 0, len(xs)-1; i < j; i, j = i+1, j-1 {
		xs[i], xs[j] = xs[j], xs[i]
	}
	for try := 0; try < 100 && !ready(); try++ {
		sum++
	}
	for try := 0; !ready() && try < n; try += 2 {
		if sum > 3 {
			continue
		}
		sum++
	}
	for step := 1.0; step > 1e-6; step /= 2 {
		sum += step
	}
	for k := n; k > 0; k >>= 1 {
		sum++
	}
	for w := 1; w < n; w *= 2 {
		sum++
	}
	i := 0
	for i < n {
		for j := range 3 {
			if j == 1 {
				continue
			}
			sum++
		}
		i++
	}
	for len(q.Items) > 0 {
		q.Items = q.Items[1:]
	}
	for rest := xs; len(rest) != 0; rest = rest[:len(rest)-1] {
		sum++
	}
	for p := 2; p*p <= n; p++ {
		i := 7 // another i
		i += p
		sum += float64(i)
	}
	for x := range slices.Values(xs) {
		sum += float64(x)
	}
	for range n {
		for range xs {
			break
		}
	}
	for k := n; k > 0; k /= len(xs) {
		sum += float64(k % len(xs))
	}
	for k := n; k != 0; k /= 10 {
		sum++
	}
	for k := uint(n); k != 0; k &= k - 1 {
		sum++
	}
	for k := uint32(n); k != 0; k >>= 1 {
		sum++
	}
	a, b := n, 12
	for b != 0 {
		a, b = b, a%b
	}
	for len(q.Items) < len(xs) {
		q.Items = append(q.Items, a)
	}
	for x := range half(n) {
		sum += float64(x)
	}
	return sum
}

func half(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := 0; i < n/2; i++ {
			if !yield(i) {
				return
			}
		}
	}
}
