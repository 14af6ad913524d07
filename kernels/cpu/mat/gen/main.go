// The gen command writes the assembly of package mat: kernels_amd64.s and the Go declarations beside it.
//
// The same source always gives the same bytes; a test regenerates and compares.
package main

import "github.com/mmcloughlin/avo/build"

func main() {
	build.ConstraintExpr("amd64")
	masks()
	for _, mode := range []arithmetic{plain, fma} {
		for rows := 1; rows <= 6; rows++ {
			product(tile{mode: mode, rows: rows})
			product(tile{mode: mode, rows: rows, masked: true})
		}
		product(tile{mode: mode, rows: 12, wide: true})
	}
	packColumns()
	packRows()
	packA()
	mirror()
	peak()
	build.Generate()
}
