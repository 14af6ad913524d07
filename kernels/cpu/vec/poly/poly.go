// Package poly holds the constants of vec's exponential and hyperbolic tangent, for its assembly's generator and its plain Go.
package poly

// Exp are the coefficients of e^r on [-ln2/2, ln2/2], ascending. The last five were fitted to the least greatest relative error,
// which is 3e-9, by iteratively reweighted least squares with 40 digits; the first two make e^0 exactly 1.
var Exp = [...]float32{1, 1, 0.499999934226, 0.166665201709, 0.0416683893231, 0.00836877357432, 0.00138148031977}

const (
	Log2E = 1.44269504
	// Ln2High has ten bits, so that its product with any exponent is exact, also where the product is rounded.
	Ln2High = 0.693359375
	Ln2Low  = -2.12194440e-4
	// ExpMax is the largest x whose exponential is finite; beyond it, +Inf. ExpMin is the smallest x whose exponential is a
	// normal number; below it, 0.
	ExpMax = 88.72283
	ExpMin = -87.33654
)

// TanhP and TanhQ are coefficients in x² of tanh(x) = x·P(x²)/Q(x²) for |x| <= TanhMax, fitted as Exp was to a relative error of
// 2.2e-8. Both begin with 1, so that small numbers are their own tangents.
var (
	TanhP = [...]float32{1, 0.133826821446, 0.00349745076893, 2.06356780307e-5, 1.33840445718e-8}
	TanhQ = [...]float32{1, 0.467160033997, 0.0258843368162, 0.000328850466348, 7.79015746834e-7}
)

// TanhMax is where tanh rounds to 1.
const TanhMax = 9.02
