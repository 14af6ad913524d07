package full

import (
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms/generated"
)

// BenchmarkMechanisms measures every mechanism on every family, against a proposer with bad habits. The figures do not
// depend on b.N: the instances are fixed by the mechanism's own source.
func BenchmarkMechanisms(b *testing.B) {
	for _, e := range All() {
		generated.Benchmark(b, e)
	}
}
