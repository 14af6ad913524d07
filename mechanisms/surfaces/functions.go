package surfaces

import (
	"math"
	"math/rand/v2"
)

// sphere is f1.
func sphere(r *rand.Rand) function {
	opt := uniform(r, 4)
	return function{"f1 sphere", opt, func(x []float64) float64 {
		z := minus(x, opt)
		return dot(z, z)
	}}
}

// ellipsoid is f2: separable, condition number 10^6, with bumps.
func ellipsoid(r *rand.Rand) function {
	opt := uniform(r, 4)
	return function{"f2 ellipsoid", opt, func(x []float64) float64 {
		sum := 0.0
		for i, z := range oszAll(minus(x, opt)) {
			sum += math.Pow(10, 6*ratio(i)) * z * z
		}
		return sum
	}}
}

// slope is f5: linear, with the optimum in a corner.
func slope(r *rand.Rand) function {
	opt := make([]float64, dims)
	for i := range opt {
		opt[i] = float64(10*r.IntN(2) - 5)
	}
	return function{"f5 linear slope", opt, func(x []float64) float64 {
		sum := 0.0
		for i := range x {
			s := math.Copysign(math.Pow(10, ratio(i)), opt[i])
			z := x[i]
			if z*opt[i] >= 25 {
				z = opt[i]
			}
			sum += 5*math.Abs(s) - s*z
		}
		return sum
	}}
}

// sector is f6: one of 2^10 sectors is a hundred times flatter, and the optimum is at its tip.
func sector(r *rand.Rand) function {
	opt, q, rot := uniform(r, 4), rotation(r), rotation(r)
	return function{"f6 attractive sector", opt, func(x []float64) float64 {
		sum := 0.0
		for i, z := range times(q, scale(times(rot, minus(x, opt)), 10)) {
			s := 1.0
			if z*opt[i] > 0 {
				s = 100
			}
			sum += s * s * z * z
		}
		return math.Pow(osz(sum), 0.9)
	}}
}

// rosenbrock is f8: a bent valley.
func rosenbrock(r *rand.Rand) function {
	opt := uniform(r, 3)
	c := math.Max(1, math.Sqrt(dims)/8)
	return function{"f8 Rosenbrock", opt, func(x []float64) float64 {
		z := minus(x, opt)
		for i := range z {
			z[i] = c*z[i] + 1
		}
		sum := 0.0
		for i := range dims - 1 {
			a, b := z[i]*z[i]-z[i+1], z[i]-1
			sum += 100*a*a + b*b
		}
		return sum
	}}
}

// rastrigin is f15: many local optima, rotated and bent.
func rastrigin(r *rand.Rand) function {
	opt, q, rot := uniform(r, 4), rotation(r), rotation(r)
	return function{"f15 Rastrigin", opt, func(x []float64) float64 {
		z := oszAll(times(rot, minus(x, opt)))
		for i := range z {
			if z[i] > 0 { // T_asy with beta 0.2
				z[i] = math.Pow(z[i], 1+0.2*ratio(i)*math.Sqrt(z[i]))
			}
		}
		z = times(rot, scale(times(q, z), 10))
		sum := dot(z, z)
		for i := range z {
			sum += 10 * (1 - math.Cos(2*math.Pi*z[i]))
		}
		return sum
	}}
}

// gallagher is f21: 101 peaks of random place, height and shape; the highest is the optimum.
func gallagher(r *rand.Rand) function {
	const peaks = 101
	rot := rotation(r)
	centre, shape, height := make([][]float64, peaks), make([][]float64, peaks), make([]float64, peaks)
	conditions := r.Perm(peaks - 1)
	for k := range peaks {
		alpha := 1000.0
		height[k] = 10
		centre[k] = uniform(r, 4)
		if k > 0 {
			alpha = math.Pow(1000, 2*float64(conditions[k-1])/(peaks-2))
			height[k] = 1.1 + 8*float64(k-1)/(peaks-2)
			centre[k] = uniform(r, 5)
		}
		order := r.Perm(dims)
		shape[k] = make([]float64, dims)
		for i := range dims {
			shape[k][i] = math.Pow(alpha, ratio(order[i])/2) / math.Pow(alpha, 0.25)
		}
	}
	return function{"f21 Gallagher", centre[0], func(x []float64) float64 {
		highest, outside := 0.0, 0.0
		for k := range peaks {
			sum := 0.0
			for i, z := range times(rot, minus(x, centre[k])) {
				sum += shape[k][i] * z * z
			}
			highest = max(highest, height[k]*math.Exp(-sum/(2*dims)))
		}
		for _, v := range x {
			over := math.Max(0, math.Abs(v)-5)
			outside += over * over
		}
		g := osz(10 - highest)
		return g*g + outside
	}}
}
