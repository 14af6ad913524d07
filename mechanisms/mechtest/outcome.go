package mechtest

import (
	"hash/fnv"
	"math"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
)

// failures are the ways in which a trial ends without a value, those that leave no usable point among the first.
var failures = []mechanisms.Status{mechanisms.Diverged, mechanisms.NoAnswer, mechanisms.Invalid, mechanisms.OutOfMem, mechanisms.NoAnswer,
	mechanisms.Invalid, mechanisms.Crashed, mechanisms.Refused, mechanisms.TimedOut, mechanisms.Killed, mechanisms.Unparsed, mechanisms.NotFinite}

// outcome is what training the proposal of the n-th decision of a scenario comes to.
func outcome(s scenario, space mechanisms.Space, p mechanisms.Proposal, n int) mechanisms.Trial {
	t := mechanisms.Trial{Seq: p.Seq, Point: p.Point.Clone(), Status: mechanisms.Complete, By: p.By, Why: p.Why}
	switch {
	case p.Point == nil:
		return without(t, mechanisms.NoAnswer, n)
	case space.Inside(p.Point) != nil: // the check of points reports it; the search goes on as the loop would
		return without(t, mechanisms.Invalid, n)
	case s.failing && n%3 == 1:
		return without(t, failures[n/3%len(failures)], n)
	}
	t.BPB = bpb(space, p.Point)
	for _, f := range []float64{0.25, 0.5, 0.75} {
		t.Curve = append(t.Curve, mechanisms.Sample{Fraction: f, BPB: t.BPB * (1.5 - f/2)})
	}
	return t
}

// without makes t a trial that has no value. Where nothing was trained the point may be missing or no point of the space.
func without(t mechanisms.Trial, why mechanisms.Status, n int) mechanisms.Trial {
	t.Status, t.BPB, t.Reason = why, math.NaN(), "made for a test: "+string(why)
	switch {
	case why == mechanisms.NoAnswer && n%2 == 0:
		t.Point = nil
	case why == mechanisms.Invalid && n%2 == 0:
		t.Point = mechanisms.Point{1, 2}
	case why == mechanisms.Invalid:
		for i := range t.Point {
			t.Point[i] = -1e300
		}
	}
	return t
}

// bpb is a smooth bowl with one interaction, whose optimum lies away from the default in every parameter; between 1 and 3 bits per byte.
func bpb(s mechanisms.Space, p mechanisms.Point) float64 {
	sum, last := 0.0, 0.0
	for i, q := range s.Params {
		d := q.Unit01(p[i]) - optimum(s, i)
		sum += d*d + 0.3*d*last
		last = d
	}
	return 1.5 + sum/float64(len(s.Params))
}

// optimum places the best value of a parameter between 0.15 and 0.85 of its range, by a hash of its name.
func optimum(s mechanisms.Space, i int) float64 {
	h := fnv.New32a()
	h.Write([]byte(s.Params[i].Name))
	return 0.15 + 0.7*float64(h.Sum32()%1000)/1000
}

// inherit is what was tried before the first decision: the baseline, and in a takeover the trials of another mechanism.
func inherit(s scenario) []mechanisms.Trial {
	v := s.begin()
	base := mechanisms.Trial{Point: s.space.Default(), Status: mechanisms.Complete, BPB: bpb(s.space, s.space.Default()), Kept: true, By: "default"}
	v.Trials, v.Incumbent = []mechanisms.Trial{base}, base
	odd := s
	odd.failing = true
	for n := range s.inherited {
		v.Seq = n + 1
		p := mechanisms.Proposal{Seq: v.Seq, By: standin.By}
		v.Rand = mechanisms.Stream(seed, v.Seq, "inherit")
		p.Point, _ = v.Fresh(200, func() mechanisms.Point {
			return v.Nudge(v.Incumbent.Point, v.Rand.IntN(len(s.space.Params)), 0.2)
		})
		t := outcome(odd, s.space, p, n)
		if t.Kept = t.Better(v.Incumbent); t.Kept {
			v.Incumbent = t
		}
		v.Trials = append(v.Trials, t)
	}
	return v.Trials
}
