package cpu

import (
	"math"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// orthogonalise brings the singular values of x near 1 (gpt.PolarExpress), using y in turn, and returns the one that holds the
// result. Products of the Gram matrix with itself are symmetric and cost half.
//
// With short side c and long side r an iteration on x itself costs about 3rc² + c³ products. Where r is at least 3c it is cheaper to
// iterate on the Gram matrix alone, (4c³ to 6c³), and to multiply x by the product of the factors at the end; for 4:1 this
// is two thirds of the work. Rounding grows in the Gram matrix by the square of the factors, so x is brought up to date and the Gram
// matrix computed anew after the third of the five.
func (u muon) orthogonalise(w *worker, x, y mat.Matrix) mat.Matrix {
	total := 0.0
	for i := range u.rows {
		total += float64(w.vec.Dot(rowOf(x, i), rowOf(x, i)))
	}
	inverse := float32(1 / (float64(math.Sqrt(total)*1.02) + 1e-6))
	for i := range u.rows {
		w.vec.Scale(rowOf(x, i), inverse, rowOf(x, i))
	}
	p := polar{worker: w, tall: u.rows > u.cols, x: x, y: y}
	short := min(u.rows, u.cols)
	for i, v := range w.muon.gram {
		p.small[i] = mat.Window(v, short, short, padded(short))
	}
	if max(u.rows, u.cols) >= 3*short {
		p.run(gpt.PolarExpress[:3])
		p.run(gpt.PolarExpress[3:])
	} else {
		for i := range gpt.PolarExpress {
			p.run(gpt.PolarExpress[i : i+1])
		}
	}
	return p.x
}

// polar is an orthogonalisation under way: x is the matrix, y and small are scratch.
type polar struct {
	*worker
	tall  bool
	x, y  mat.Matrix
	small [5]mat.Matrix
}

// run applies iterations to x: with A its Gram matrix, each multiplies x by F = aI + bA + cA², and A by F². All these matrices are
// polynomials in the first A, so their order does not matter.
func (p *polar) run(coefficients [][3]float64) {
	a, f, q, s, t := p.small[0], p.small[1], p.small[2], p.small[3], p.small[4]
	p.mul.Gram(a, p.x, p.tall, mat.Epilogue{})
	for i, c := range coefficients {
		last := i == len(coefficients)-1
		p.mul.Gram(f, a, false, mat.Epilogue{Scale: float32(c[2]), Op: mat.Mix, Beta: float32(c[1]), Aux: a})
		if len(coefficients) == 1 {
			p.multiply(f, float32(c[0]))
			return
		}
		for j := range f.Rows {
			f.V[j*f.Stride+j] += float32(c[0])
		}
		if !last {
			p.mul.Gram(s, f, false, mat.Epilogue{})
			p.product(t, a, s)
			a, t = t, a
		}
		if i == 0 {
			q, f = f, q
		} else {
			p.product(s, q, f)
			q, s = s, q
		}
	}
	p.multiply(q, 0)
}

// product sets c to a*b, or for wide matrices to b*a: as transposing everything would.
func (p *polar) product(c, a, b mat.Matrix) {
	if !p.tall {
		a, b = b, a
	}
	p.mul.Mul(c, a, b, mat.NN, mat.Epilogue{})
}

// multiply sets x to self*x plus its product with f.
func (p *polar) multiply(f mat.Matrix, self float32) {
	e := mat.Epilogue{}
	if self != 0 {
		e = mat.Epilogue{Op: mat.Mix, Beta: self, Aux: p.x}
	}
	if p.tall {
		p.mul.Mul(p.y, p.x, f, mat.NN, e)
	} else {
		p.mul.Mul(p.y, f, p.x, mat.NN, e)
	}
	p.x, p.y = p.y, p.x
}
