package cpu

// Sums over a row run in eight lanes, element i in lane i%8, and the lanes meet in one fixed tree: what a vector register
// does, so that plain Go and assembly can agree.

// dot is the sum of x[i]*y[i].
func dot(x, y []float32) float32 {
	var s [8]float32
	y = y[:len(x)]
	i := 0
	for ; i+8 <= len(x); i += 8 {
		a, b := (*[8]float32)(x[i:]), (*[8]float32)(y[i:])
		for l := range a {
			s[l] += float32(a[l] * b[l])
		}
	}
	for l := 0; i < len(x); i, l = i+1, l+1 {
		s[l] += float32(x[i] * y[i])
	}
	return tree(&s)
}

// sum is the sum of x[i].
func sum(x []float32) float32 {
	var s [8]float32
	i := 0
	for ; i+8 <= len(x); i += 8 {
		a := (*[8]float32)(x[i:])
		for l := range a {
			s[l] += a[l]
		}
	}
	for l := 0; i < len(x); i, l = i+1, l+1 {
		s[l] += x[i]
	}
	return tree(&s)
}

func tree(s *[8]float32) float32 {
	return ((s[0] + s[4]) + (s[2] + s[6])) + ((s[1] + s[5]) + (s[3] + s[7]))
}

// axpy adds a*x to y.
func axpy(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += float32(a * x[i])
	}
}

// scaled sets y to a*x.
func scaled(y []float32, a float32, x []float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] = a * x[i]
	}
}

// blend sets z to a*x + b*y.
func blend(z []float32, a float32, x []float32, b float32, y []float32) {
	x, y = x[:len(z)], y[:len(z)]
	for i := range z {
		z[i] = float32(a*x[i]) + float32(b*y[i])
	}
}

// addTo adds x to y.
func addTo(y, x []float32) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}
