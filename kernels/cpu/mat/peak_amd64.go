package mat

// Peak runs 12·n fused multiply-adds of eight floats that wait for nothing: the rate that no product can exceed. It needs
// arith.Vector.
func Peak(n int) { fmaPeak(n) }

// PeakFLOPs is the number of floating-point operations in Peak(n).
func PeakFLOPs(n int) float64 { return 2 * 8 * 12 * float64(n) }
