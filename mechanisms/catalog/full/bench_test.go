package full

import (
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// searches per mechanism and family: enough to tell a tenth of the default's regret, and the whole table in under a minute.
const searches = 25

// BenchmarkMechanisms measures every mechanism on every family, against a proposer with bad habits. The figures do not
// depend on b.N: the instances are fixed by the mechanism's own source.
func BenchmarkMechanisms(b *testing.B) {
	for _, e := range All() {
		for _, f := range surfaces.Families {
			var measured *surfaces.Figures
			b.Run(e.Name+"/"+f.Name, func(b *testing.B) {
				if measured == nil { // the function is called again with larger b.N
					seeds, err := surfaces.Seeds(searches, e)
					if err != nil {
						b.Fatal(err)
					}
					g, err := surfaces.Measure(e, f, standin.Rut, seeds)
					if err != nil {
						b.Fatal(err)
					}
					measured = &g
				}
				measured.Report(b)
			})
		}
	}
}
