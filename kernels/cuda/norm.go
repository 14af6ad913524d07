//go:build cuda && linux && amd64

package cuda

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// rowsPerBlock is how many tokens a block of the row kernels takes, one per warp.
const rowsPerBlock = 8

// normArguments is NormArguments of source/norm.cu.
type normArguments struct {
	x, x0, resid, skip, y, h, r driver.Pointer
	tokens, c                   int32
	eps                         float32
	_                           int32
}

func (s *script) norm(x, h, r array) {
	launch(s, fmt.Sprintf("norm_%d", width(x.cols)), line(ceil(x.rows, rowsPerBlock)), 256, 0,
		normArguments{x: x.at, h: h.at, r: r.at, tokens: int32(x.rows), c: int32(x.cols), eps: gpt.NormEps})
}

// mixNorm appends y = resid*x + skip*x0 and h = norm(y). resid and skip point to the layer's lambda.
func (s *script) mixNorm(x, x0, y, h, r array, resid, skip driver.Pointer) {
	launch(s, fmt.Sprintf("mix_norm_%d", width(x.cols)), line(ceil(x.rows, rowsPerBlock)), 256, 0,
		normArguments{x: x.at, x0: x0.at, resid: resid, skip: skip, y: y.at, h: h.at, r: r.at, tokens: int32(x.rows), c: int32(x.cols), eps: gpt.NormEps})
}

// normBackwardArguments is NormBackwardArguments of source/norm.cu.
type normBackwardArguments struct {
	h, dh, r, dx, x, x0, dskip, resid, skip, dresid, dlambda driver.Pointer
	tokens, c, first, _                                      int32
}

func (s *script) normBackward(h, dh, r, dx array, first bool) {
	launch(s, fmt.Sprintf("norm_backward_%d", width(h.cols)), line(ceil(h.rows, rowsPerBlock)), 256, 0,
		normBackwardArguments{h: h.at, dh: dh.at, r: r.at, dx: dx.at, tokens: int32(h.rows), c: int32(h.cols), first: flag(first)})
}

// lambdas are the two of a layer with the places of their gradients.
type lambdas struct{ resid, skip, dresid, dskip driver.Pointer }

// mixNormBackward appends the gradients of mixNorm: dh to dx and dskip, and those of the lambdas, which take two floats per
// block of scratch.
func (s *script) mixNormBackward(h, dh, r, dx, x, x0, dskip array, l lambdas, scratch driver.Pointer, first bool) {
	blocks := ceil(h.rows, rowsPerBlock)
	along0 := scratch + driver.Pointer(blocks*sizeFloat)
	launch(s, fmt.Sprintf("mix_norm_backward_%d", width(h.cols)), line(blocks), 256, 2*rowsPerBlock*sizeFloat,
		normBackwardArguments{h: h.at, dh: dh.at, r: r.at, dx: dx.at, x: x.at, x0: x0.at, dskip: dskip.at,
			resid: l.resid, skip: l.skip, dresid: scratch, dlambda: along0, tokens: int32(h.rows), c: int32(h.cols), first: flag(first)})
	s.addColumn(l.dresid, scratch, blocks, 1, 0, false)
	s.addColumn(l.dskip, along0, blocks, 1, 0, false)
}
