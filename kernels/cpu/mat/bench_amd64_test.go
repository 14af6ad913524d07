package mat

import (
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
)

// BenchmarkPeak reports what no product can exceed: fused multiply-adds that wait for nothing.
func BenchmarkPeak(b *testing.B) {
	if !arith.Vector {
		b.Skip("no AVX2 and FMA here")
	}
	const n = 10_000
	for b.Loop() {
		Peak(n)
	}
	b.ReportMetric(PeakFLOPs(n)*float64(b.N)/b.Elapsed().Seconds()/1e9, "GFLOP/s")
}
