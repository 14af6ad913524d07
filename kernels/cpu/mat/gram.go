package mat

import "fmt"

// Gram computes the symmetric product C = epilogue(A·Aᵀ), or Aᵀ·A where transposed, at little more than half the cost: the tiles
// that touch the lower triangle, and their mirror image. With Mix, Aux must be symmetric; with Add, C. The two other
// operations have no use here and are refused.
//
// Mirrored elements have the bits that computing them would give: their chains multiply the same pairs in the same order.
func (u *Unit) Gram(c, a Matrix, transposed bool, e Epilogue) {
	k := a.Cols
	if transposed {
		k = a.Rows
	}
	if e.Op == ReLU2 || e.Op == ReLU2Grad || c.Rows != c.Cols {
		panic(fmt.Sprintf("mat: C %d×%d with operation %d as a symmetric product", c.Rows, c.Cols, e.Op))
	}
	u.mul(c, a, transposed, operandB{m: a, transposed: !transposed, lower: true}, k, e)
	u.mirror(c)
}

// mirror copies the lower triangle of C to the upper one, by blocks of 8×8 where there is assembly for them.
func (u *Unit) mirror(c Matrix) {
	const side = 8
	n := c.Rows
	for i := 0; i < n; i += side {
		for j := 0; j <= i; j += side {
			if u.vector && j < i && i+side <= n {
				transposeBlock(c, i, j)
				continue
			}
			for r := i; r < min(i+side, n); r++ {
				for q := j; q < min(j+side, r); q++ {
					c.V[q*c.Stride+r] = c.V[r*c.Stride+q]
				}
			}
		}
	}
}
