package model

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A Price is what tokens cost, in US dollars per million. The zero Price is unknown.
type Price struct {
	In, Out float64
	known   bool
}

// Known reports whether the price is known.
func (p Price) Known() bool { return p.known }

// Cost returns what so many tokens cost in US dollars; 0 when the price is unknown.
func (p Price) Cost(in, out int) float64 { return (float64(in)*p.In + float64(out)*p.Out) / 1e6 }

// PricesOf is the day on which the table was checked against the vendors' pages.
const PricesOf = "2026-10-27"

// prices are the vendors' highest rates: peak hours, and input that is in no cache. So a cost is an upper bound, and a
// limit stops early rather than late. Source: api-docs.deepseek.com/quick_start/pricing.
var prices = map[string]Price{
	"deepseek-flash":    {In: 0.30, Out: 1.20, known: true},
	"deepseek-v4-flash": {In: 0.30, Out: 1.20, known: true}, // an older name, served and billed as deepseek-flash
	"deepseek-v4-pro":   {In: 1.32, Out: 3.96, known: true},
}

// PriceOf returns the price of a model from the table; unknown for one that is not there.
func PriceOf(name string) Price { return prices[name] }

// ParsePrice reads IN/OUT, US dollars per million tokens, such as 0.30/1.20.
func ParsePrice(s string) (Price, error) {
	in, out, ok := strings.Cut(s, "/")
	a, errA := strconv.ParseFloat(strings.TrimSpace(in), 64)
	b, errB := strconv.ParseFloat(strings.TrimSpace(out), 64)
	if !ok || errA != nil || errB != nil || !(a >= 0 && b >= 0) || math.IsInf(a+b, 0) {
		return Price{}, fmt.Errorf("price %q, want IN/OUT in US dollars per million tokens, such as 0.30/1.20", s)
	}
	return Price{In: a, Out: b, known: true}, nil
}
