// Package full lists every mechanism written by hand. Those that are not in package catalog use gonum.org/v1/gonum, which
// a runner built by a run must not depend on; they are for benchmarks, and for runners built from a checkout on purpose.
package full

import (
	"cmp"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/cmaes"
	"github.com/seed161a02ea/bilevel/mechanisms/gp"
	"github.com/seed161a02ea/bilevel/mechanisms/hybrid"
)

// Beyond lists the mechanisms that package catalog leaves out.
var Beyond = []mechanisms.Entry{
	{Name: "cmaes", Doc: "adapts a normal distribution over all parameters to the successful trials", New: func() mechanisms.Mechanism { return cmaes.New() }},
	{Name: "gp", Doc: "tries the point of the largest expected improvement under a Gaussian process", New: func() mechanisms.Mechanism { return gp.New() }},
	{Name: "hybrid", Doc: "samples by CMA-ES and lets the model override three proposals in ten, guarded against its failures", New: func() mechanisms.Mechanism { return hybrid.New() }},
}

// All returns every mechanism, by name.
func All() []mechanisms.Entry {
	list := slices.Concat(catalog.All, Beyond)
	slices.SortFunc(list, func(a, b mechanisms.Entry) int { return cmp.Compare(a.Name, b.Name) })
	return list
}
