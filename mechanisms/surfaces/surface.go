// Package surfaces holds synthetic tasks whose optimum is known: seeded, with no data files, and a million times cheaper
// than training. They measure how well a mechanism searches; they say nothing about GPTs.
package surfaces

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Surface is one instance of a family. The same family and seed give the same surface everywhere.
type Surface struct {
	Name    string
	Space   mechanisms.Space
	Noise   float64          // standard deviation of what Train adds to Value, in bits per byte; it depends on the point alone
	Optimum mechanisms.Point // a point of the lowest Value
	seed    uint64
	value   func(p mechanisms.Point) float64
	fails   func(p mechanisms.Point) (mechanisms.Status, string) // Complete where training succeeds
}

// crossing is the standard deviation by which curves begin apart beyond what their ends explain, in units of the distance
// between default and optimum.
const crossing = 0.4

// A Family makes surfaces of one kind.
type Family struct {
	Name string
	Doc  string
	New  func(seed uint64) *Surface
	Null bool // the default point is the optimum, so that every accepted change is harm
}

// Families lists what benchmarks run on.
var Families = []Family{
	{Name: "gptsim", Doc: "13 hyperparameters of a GPT: a few decisive ones, batch and rates tied, out of memory, divergence and divisibility", New: GPTSim},
	{Name: "steplaw", Doc: "learning rate and batch size in the bowl of the Step Law", New: StepLaw},
	{Name: "bbobmix", Doc: "seven functions of BBOB in ten variables, eight of them whole numbers", New: BBOBMix},
	{Name: "flat", Doc: "gptsim with the default at the optimum: there is nothing to find but noise", New: Flat, Null: true},
}

// Value returns the noise-free bits per byte at a point; lower is better.
func (s *Surface) Value(p mechanisms.Point) float64 { return s.value(p) }

// Train is a trial of p: its outcome, value and learning curve. The same point always ends the same way.
func (s *Surface) Train(p mechanisms.Point) mechanisms.Trial {
	t := mechanisms.Trial{Point: p.Clone(), Status: mechanisms.Complete}
	if s.fails != nil {
		t.Status, t.Reason = s.fails(p)
	}
	if t.Status != mechanisms.Complete {
		t.BPB = math.NaN()
		return t
	}
	noise := s.stream(p)
	t.BPB = s.value(p) + s.Noise*noise.NormFloat64()
	// A power law in the share of the budget, as losses of training runs fall; 0.3 bits per byte above the end at a tenth.
	// How fast a point learns is its own: without that the order of curves at a tenth of the budget would be the order of
	// the ends, which would flatter whoever prunes.
	own := crossing * max(s.value(s.Space.Default())-s.value(s.Optimum), 10*s.Noise) * noise.NormFloat64()
	for _, f := range []float64{0.1, 0.2, 0.4, 0.7} {
		above := 0.1*(math.Pow(f, -0.6)-1) + own*(1-f)
		t.Curve = append(t.Curve, mechanisms.Sample{Fraction: f, BPB: t.BPB + above + s.Noise*noise.NormFloat64()})
	}
	return t
}

// Regret returns how far p's Value is from the optimum, as a share of the default's: 1 at the default, 0 at the optimum, above 1 where
// p is worse than the default. On a null surface it is the loss against the default in standard deviations of the noise.
func (s *Surface) Regret(p mechanisms.Point) float64 {
	low, start := s.value(s.Optimum), s.value(s.Space.Default())
	if start-low < 1e-12 {
		return (s.value(p) - start) / s.Noise
	}
	return (s.value(p) - low) / (start - low)
}

// stream is the noise of one point: it depends on the surface and the point's values only, so that a repeated trial is a repeated trial.
func (s *Surface) stream(p mechanisms.Point) *rand.Rand {
	h := sha256.New()
	fmt.Fprintf(h, "%s\x00%d\x00%v", s.Name, s.seed, []float64(p))
	sum := h.Sum(nil)
	return rand.New(rand.NewPCG(binary.LittleEndian.Uint64(sum), binary.LittleEndian.Uint64(sum[8:])))
}
