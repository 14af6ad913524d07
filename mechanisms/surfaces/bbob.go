package surfaces

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// dims is the number of variables: two each with 2, 4, 8 and 16 values and two continuous, as bbob-mixint has them in ten
// dimensions (Tušar, Brockhoff and Hansen 2019).
const dims = 10

var arity = [dims]int{2, 2, 4, 4, 8, 8, 16, 16, 0, 0} // 0 is continuous

// BBOBMix is one of seven functions of the BBOB test bed (Hansen, Finck, Ros and Auger 2009, RR-6829), discretised as in
// bbob-mixint: the values of a whole-number variable lie evenly within [-5, 5], shifted so that the optimum is one of them.
// Instances (optimum, rotations, peaks) come from this project's streams, so figures are not comparable with COCO's to
// the digit. Bits per byte are 1 + 0.1·log10(1 + Δf), since Δf spans ten orders of magnitude.
func BBOBMix(seed uint64) *Surface {
	r := mechanisms.Stream(seed, 0, "surface bbobmix")
	functions := []func(*rand.Rand) function{sphere, ellipsoid, slope, sector, rosenbrock, rastrigin, gallagher}
	f := functions[r.IntN(len(functions))](r)
	space := mechanisms.Space{Name: "bbobmix " + f.name}
	optimum, offset := make(mechanisms.Point, dims), make([]float64, dims)
	for i, n := range arity {
		q := mechanisms.Param{Name: fmt.Sprintf("X%d", i+1), Kind: mechanisms.Float, Min: -5, Max: 5}
		optimum[i] = f.optimum[i]
		if n > 0 {
			q.Kind, q.Min, q.Max = mechanisms.Int, 0, float64(n-1)
			optimum[i] = q.Clip((f.optimum[i] + 5 - 10/float64(n+1)) / (10 / float64(n+1)))
			offset[i] = f.optimum[i] - place(n, optimum[i])
		}
		q.Default = q.FromUnit01(r.Float64())
		space.Params = append(space.Params, q)
	}
	value := func(p mechanisms.Point) float64 {
		x := make([]float64, dims)
		for i, n := range arity {
			x[i] = p[i]
			if n > 0 {
				x[i] = place(n, p[i]) + offset[i]
			}
		}
		return 1 + 0.1*math.Log10(1+f.value(x))
	}
	return &Surface{Name: "bbobmix", Space: space, Noise: 1e-6, Optimum: optimum, seed: seed, value: value}
}

// place is where value k of n lies in [-5, 5]: n values with one step of room at either end.
func place(n int, k float64) float64 {
	step := 10 / float64(n+1)
	return -5 + step*(1+k)
}

// A function is one of the test bed, with value 0 at its optimum.
type function struct {
	name    string
	optimum []float64 // in [-5, 5], continuous
	value   func(x []float64) float64
}

// uniform draws an optimum in [-a, a].
func uniform(r *rand.Rand, a float64) []float64 {
	x := make([]float64, dims)
	for i := range x {
		x[i] = a * (2*r.Float64() - 1)
	}
	return x
}

func minus(x, y []float64) []float64 {
	z := make([]float64, len(x))
	for i := range x {
		z[i] = x[i] - y[i]
	}
	return z
}

// ratio is (i-1)/(D-1) of the definitions, i from 1.
func ratio(i int) float64 { return float64(i) / (dims - 1) }

// osz is T_osz: small bumps that keep the order of values.
func osz(x float64) float64 {
	if x == 0 {
		return 0
	}
	c1, c2, s := 10.0, 7.9, 1.0
	if x < 0 {
		c1, c2, s = 5.5, 3.1, -1
	}
	h := math.Log(math.Abs(x))
	return s * math.Exp(h+0.049*(math.Sin(c1*h)+math.Sin(c2*h)))
}

func oszAll(x []float64) []float64 {
	for i := range x {
		x[i] = osz(x[i])
	}
	return x
}

// scale is Λ^α applied to x: coordinate i times α^(ratio/2).
func scale(x []float64, alpha float64) []float64 {
	for i := range x {
		x[i] *= math.Pow(alpha, ratio(i)/2)
	}
	return x
}

// rotation draws an orthogonal matrix by Gram-Schmidt on normal vectors.
func rotation(r *rand.Rand) [][]float64 {
	m := make([][]float64, dims)
	for i := range m {
		m[i] = make([]float64, dims)
		for j := range m[i] {
			m[i][j] = r.NormFloat64()
		}
		for k := range i {
			along := dot(m[i], m[k])
			for j := range m[i] {
				m[i][j] -= along * m[k][j]
			}
		}
		length := math.Sqrt(dot(m[i], m[i]))
		for j := range m[i] {
			m[i][j] /= length
		}
	}
	return m
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i := range x {
		sum += x[i] * y[i]
	}
	return sum
}

func times(m [][]float64, x []float64) []float64 {
	y := make([]float64, len(m))
	for i := range m {
		y[i] = dot(m[i], x)
	}
	return y
}
