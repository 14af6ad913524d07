package good

import "errors"

func f(xs []int) (sum int, err error) {
	defer func() { sum++ }()
outer:
	for _, x := range xs {
		for range xs {
			if x > 3 {
				continue outer
			}
			break outer
		}
	}
	return sum, errors.New("none")
}
