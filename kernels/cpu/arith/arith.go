// Package arith defines the float32 arithmetic of the CPU kernels: which bits a product followed by a sum has.
//
// Every kernel in mat and vec exists once in plain Go and once in assembly. Both compute each element by the same
// operations in the same order, so within one Mode they agree bit for bit on every processor; between modes they do not.
package arith

import (
	"fmt"
	"math"
)

// Mode says how x*y + z is rounded. It is part of what makes a result reproducible, so callers store it beside results.
type Mode uint8

const (
	// Plain rounds the product, then the sum. Every processor can do it at full speed; it is what plain Go computes.
	Plain Mode = iota
	// FMA rounds once, as a fused multiply-add does. Processors without the instruction emulate it exactly, some
	// thirty times slower.
	FMA
)

// String returns the name under which a mode is recorded: "plain" or "fma".
func (m Mode) String() string {
	switch m {
	case Plain:
		return "plain"
	case FMA:
		return "fma"
	}
	return fmt.Sprintf("Mode(%d)", uint8(m))
}

// Default is the fastest mode of this processor: FMA where AVX2 and FMA exist, Plain elsewhere.
func Default() Mode {
	if Vector {
		return FMA
	}
	return Plain
}

// Madd returns x*y + z as the mode rounds it.
func (m Mode) Madd(x, y, z float32) float32 {
	if m == Plain {
		return float32(x*y) + float32(z) // the conversions forbid the compiler to fuse this product, or one that z may be
	}
	return fused(x, y, z)
}

// fused returns x*y + z rounded once. The product is exact in float64 (24+24 bits into 53), so only the sum rounds there
// and again on the way to float32. That is wrong only where the float64 lies exactly between two float32 values, or
// where the result is subnormal and has fewer bits; those go the slow way.
func fused(x, y, z float32) float32 {
	s := float64(x)*float64(y) + float64(z)
	b := math.Float64bits(s)
	if b&0x1fffffff != 0x10000000 && b<<1 >= 0x381<<53 {
		return float32(s)
	}
	return fusedOdd(x, y, z)
}

// fusedOdd rounds the float64 sum to odd before it rounds to float32. A sum so rounded keeps, in its last bit, whether
// anything was lost, so the second rounding is right (Boldo and Melquiond 2008, with 53 >= 24+2 bits).
func fusedOdd(x, y, z float32) float32 {
	p, c := float64(x)*float64(y), float64(z)
	s := p + c
	if math.IsInf(s, 0) || math.IsNaN(s) {
		return float32(s)
	}
	// TwoSum (Knuth): s + lost is p + c exactly.
	v := s - p
	lost := (p - (s - v)) + (c - v)
	b := math.Float64bits(s)
	if lost != 0 && b&1 == 0 {
		// Magnitude grows when the lost part has the sign of s.
		if (lost > 0) == (s > 0) {
			b++
		} else {
			b--
		}
	}
	return float32(math.Float64frombits(b))
}
