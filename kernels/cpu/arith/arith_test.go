package arith

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// exact computes x*y + z with unlimited precision and rounds once.
func exact(x, y, z float32) float32 {
	p := new(big.Float).SetPrec(2000).Mul(big.NewFloat(float64(x)), big.NewFloat(float64(y)))
	s, _ := p.Add(p, big.NewFloat(float64(z))).Float32()
	return s
}

func TestFusedRoundsOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	check := func(x, y, z float32) {
		t.Helper()
		if got, want := FMA.Madd(x, y, z), exact(x, y, z); got != want {
			t.Fatalf("FMA.Madd(%x, %x, %x) = %x, want %x", x, y, z, got, want)
		}
	}
	for range 200_000 {
		x, y := float32(r.NormFloat64()), float32(r.NormFloat64())
		check(x, y, float32(r.NormFloat64()))
		check(x, y, -x*y)                             // cancellation
		check(x, y, x*y*float32(r.IntN(1<<24)))       // far apart
		check(x*0x1p-70, y*0x1p-70, float32(x)*1e-38) // subnormal results
	}
	// Sums that lie between two float32 values up to a remainder that float64 drops: rounding twice fails on these.
	twice := 0
	for range 20_000 {
		z := math.Float32frombits(uint32(0x3f800000 + r.IntN(1<<23)))
		half := float32(0x1p-24)
		x, y := half*(1+0x1p-23*float32(r.IntN(3)-1)), 1+0x1p-23*float32(r.IntN(3)-1)
		check(x, y, z)
		check(-x, y, z)
		z = math.Float32frombits(uint32(r.IntN(1 << 24))) // the same among subnormals and just above
		x, y = 0x1p-75*(1+0x1p-23*float32(r.IntN(3)-1)), 0x1p-75*(1+0x1p-23*float32(r.IntN(3)-1))
		check(x, y, z)
		check(-x, y, z)
		tiny := float32(0x1p-40) * (1 + 0x1p-20)
		check(tiny, tiny, z)
		if float32(float64(x)*float64(y)+float64(z)) != exact(x, y, z) {
			twice++
		}
	}
	if twice == 0 {
		t.Error("no case here tells rounding once from rounding twice")
	}
}

func TestFusedKeepsSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	for _, c := range []struct{ x, y, z, want float32 }{
		{inf, 1, 1, inf}, {inf, 1, -inf, nan}, {0, inf, 1, nan}, {1, 1, nan, nan}, {0, 5, 0, 0}, {1e30, 1e30, 0, inf}, {1e30, -1e30, inf, inf},
	} {
		got := FMA.Madd(c.x, c.y, c.z)
		if got != c.want && !(got != got && c.want != c.want) {
			t.Errorf("FMA.Madd(%v, %v, %v) = %v, want %v", c.x, c.y, c.z, got, c.want)
		}
	}
	if z := FMA.Madd(float32(math.Copysign(0, -1)), 1, float32(math.Copysign(0, -1))); !math.Signbit(float64(z)) {
		t.Errorf("-0*1 + -0 = %v, want -0", z)
	}
}
