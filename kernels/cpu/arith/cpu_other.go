//go:build !amd64

package arith

// Vector reports whether the AVX2 and FMA assembly may run here.
const Vector = false

// Wide reports whether the AVX-512 assembly may run here.
const Wide = false
