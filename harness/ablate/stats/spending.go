package stats

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// A Spending says how much of a total error may have been spent when a share t of the information, between 0 and 1, is there. It
// rises from 0 at 0 to total at 1 (Lan and DeMets, Biometrika 70, 1983).
type Spending func(total, t float64) float64

// OBrienFleming spends almost nothing early, like the boundary of O'Brien and Fleming: 2 - 2 Phi(z/sqrt(t)) with z the upper
// total/2 point (Lan and DeMets 1983, alpha*_1).
func OBrienFleming(total, t float64) float64 {
	if t <= 0 {
		return 0
	}
	return 2 * distuv.UnitNormal.CDF(distuv.UnitNormal.Quantile(total/2)/math.Sqrt(min(1, t)))
}

// Pocock spends about as much at each look, like the boundary of Pocock: total ln(1 + (e-1) t) (Lan and DeMets 1983, alpha*_2).
func Pocock(total, t float64) float64 {
	return total * math.Log1p((math.E-1)*min(1, max(0, t)))
}
