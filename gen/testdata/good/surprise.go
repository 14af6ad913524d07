// Package surprise goes back to the parameters whose trials came out least as expected.
package surprise

import (
	"context"
	"fmt"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Moments are a running mean and spread (Welford 1962).
type Moments struct {
	N        int
	Mean, M2 float64
}

// Add counts one more value in.
func (m *Moments) Add(x float64) {
	m.N++
	d := x - m.Mean
	m.Mean += d / float64(m.N)
	m.M2 += d * (x - m.Mean)
}

// Deviation is the standard deviation; 0 of fewer than two values.
func (m Moments) Deviation() float64 {
	if m.N < 2 {
		return 0
	}
	return math.Sqrt(m.M2 / float64(m.N-1))
}

// Surprise has the moments of all values, and for each parameter those of the surprises it caused.
type Surprise struct {
	All Moments
	By  []Moments
	At  mechanisms.Point
}

// New returns a Surprise that expects nothing.
func New() *Surprise { return &Surprise{} }

// score is large for a parameter that surprises, and for one that is not known.
func (s *Surprise) score(i, trials int) float64 {
	if i >= len(s.By) || s.By[i].N == 0 {
		return math.Sqrt(math.Log1p(float64(trials)))
	}
	m := s.By[i]
	return math.Abs(m.Mean) + m.Deviation() + math.Sqrt(math.Log1p(float64(trials))/float64(m.N))
}

// Propose nudges the parameter with the best score, now and then the second.
func (s *Surprise) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	first, second := -1, -1
	for _, i := range v.Free() {
		switch x := s.score(i, len(v.Trials)); {
		case first < 0 || x > s.score(first, len(v.Trials)):
			first, second = i, first
		case second < 0 || x > s.score(second, len(v.Trials)):
			second = i
		}
	}
	for _, i := range []int{first, second} {
		if i < 0 {
			continue
		}
		size := 0.1
		if v.Noise > 0 && s.All.Deviation() < 3*v.Noise {
			size = 0.3 // small steps would drown
		}
		if p, ok := v.Fresh(30, func() mechanisms.Point { return v.Nudge(v.Incumbent.Point, i, size) }); ok {
			return mechanisms.Proposal{Point: p, Why: fmt.Sprintf("%s surprises", v.Space.Params[i].Name)}, nil
		}
	}
	p, ok := v.Fresh(1000, v.Uniform)
	if !ok {
		return v.Ask(ctx, mechanisms.Hint{})
	}
	return mechanisms.Proposal{Point: p, Why: "nothing new is near"}, nil
}

// Accept keeps what is better.
func (s *Surprise) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

// Observe measures the surprise in standard deviations.
func (s *Surprise) Observe(t mechanisms.Trial) {
	defer s.stand(t)
	if !t.OK() {
		return
	}
	spread := s.All.Deviation()
	z := 0.0
	if spread > 0 {
		z = (t.BPB - s.All.Mean) / spread
	}
	s.All.Add(t.BPB)
	for len(s.By) < len(t.Point) {
		s.By = append(s.By, Moments{})
	}
	for i := range s.At {
		if i < len(t.Point) && t.Point[i] != s.At[i] {
			s.By[i].Add(math.Max(-3, math.Min(3, z)))
		}
	}
}

// stand remembers where the search stands.
func (s *Surprise) stand(t mechanisms.Trial) {
	if t.Kept {
		s.At = t.Point.Clone()
	}
}
