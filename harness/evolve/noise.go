package evolve

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/stat/distuv"

	"github.com/seed161a02ea/bilevel/harness/noise"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Noise is what training points again has shown, for reports.
type Noise struct {
	Declared float64        `json:"declared"` // what the task says, bits per byte; 0 when deterministic or not known
	Anchors  int            `json:"anchors"`  // points trained again, beside the trials
	Failed   int            `json:"failed"`   // of them, without a value
	Estimate noise.Estimate `json:"estimate"` // between repeats of one point, bits per byte
	Drift    noise.Trend    `json:"drift"`    // bits per byte for each trial
	Speed    noise.Trend    `json:"speed"`    // natural logarithm of tokens per second for each trial; of tasks that count tokens
	Again    *Again         `json:"again,omitempty"`
}

// Again compares the incumbent and the default point by repeats that were not chosen for being low.
type Again struct {
	Seq     int     `json:"seq"`     // of the incumbent
	Times   int     `json:"times"`   // that it was trained again
	BPB     float64 `json:"bpb"`     // their mean
	Default float64 `json:"default"` // mean of the default point, the baseline included
	Of      int     `json:"of"`      // trainings of the default point
	Change  float64 `json:"change"`  // BPB less Default; negative is better
	Low     float64 `json:"low"`     // 95 % interval of the change, by the pooled deviation
	High    float64 `json:"high"`
}

// NoiseOf reads from a record what training points again has shown.
func NoiseOf(s *store.Store) (Noise, error) {
	anchors, err := s.Anchors()
	if err != nil {
		return Noise{}, err
	}
	n := Noise{Declared: s.Meta().Noise, Anchors: len(anchors)}
	for _, a := range anchors {
		if a.Outcome.Status != mechanisms.Complete {
			n.Failed++
		}
	}
	all := s.Measurements()
	n.Estimate, n.Drift = noise.Pooled(all), noise.Drift(all)
	if n.Speed, err = speed(s, anchors); err != nil {
		return n, err
	}
	n.Again = again(s.View().Incumbent, all, n.Estimate)
	return n, nil
}

// speed follows the tokens per second of the points that were trained again. Other points have other speeds.
func speed(s *store.Store, anchors []store.Anchor) (noise.Trend, error) {
	details, err := s.Details()
	if err != nil || len(anchors) == 0 {
		return noise.Trend{}, err
	}
	var all []noise.Measurement
	add := func(of, at int, tokens int64, seconds float64) {
		if tokens > 0 && seconds > 0 {
			all = append(all, noise.Measurement{Of: of, At: float64(at), Value: math.Log(float64(tokens) / seconds)})
		}
	}
	seen := map[int]bool{}
	for _, a := range anchors {
		if o := details[a.Of].Outcome; !seen[a.Of] && o != nil {
			seen[a.Of] = true
			add(a.Of, a.Of, o.Result.Tokens, o.Result.Seconds)
		}
		add(a.Of, a.Before, a.Outcome.Result.Tokens, a.Outcome.Result.Seconds)
	}
	return noise.Drift(all), nil
}

// again compares the incumbent with the default point; nil where either was not trained again or nothing is known of the noise.
func again(incumbent int, all []noise.Measurement, e noise.Estimate) *Again {
	a := Again{Seq: incumbent}
	for _, m := range all {
		switch {
		case m.Of == 0:
			a.Of++
			a.Default += (m.Value - a.Default) / float64(a.Of)
		case m.Of == incumbent && !m.Chosen:
			a.Times++
			a.BPB += (m.Value - a.BPB) / float64(a.Times)
		}
	}
	if a.Times == 0 || a.Of == 0 || e.DF == 0 {
		return nil
	}
	half := distuv.StudentsT{Sigma: 1, Nu: float64(e.DF)}.Quantile(0.975) * e.SD * math.Sqrt(1/float64(a.Times)+1/float64(a.Of))
	a.Change = a.BPB - a.Default
	a.Low, a.High = a.Change-half, a.Change+half
	return &a
}

// Words say it for people, a topic and a sentence each: what the noise is, what the run came to by repeats, and whether the
// machine drifts, with the value's own name and sign. There are none where nothing was trained again.
func (n Noise) Words(m mechanisms.Measure) [][2]string {
	if n.Anchors == 0 {
		return nil
	}
	words := [][2]string{{"noise", fmt.Sprintf("unknown: %d trainings of points again left no two values of one point", n.Anchors)}}
	if e := n.Estimate; e.DF > 0 {
		words[0][1] = fmt.Sprintf("%.2g %s between trainings of one point (95 %% interval %.2g to %.2g); %d trainings beside the trials", e.SD, m, e.Low, e.High, n.Anchors)
	}
	if n.Failed > 0 {
		words[0][1] += fmt.Sprintf(", %d of them without a value", n.Failed)
	}
	if a := n.Again; a != nil {
		low, high := interval(m, a.Low, a.High)
		text := fmt.Sprintf("trial %d trained again %s: %.4f; the default point, %s: %.4f; change %+.4f (95 %% interval %+.4f to %+.4f)", a.Seq, times(a.Times), m.Own(a.BPB), times(a.Of), m.Own(a.Default), m.Own(a.Change), low, high)
		if a.Low <= 0 && a.High >= 0 {
			text += ": the spread covers the difference"
		}
		words = append(words, [2]string{"again", text})
	}
	if d := n.Drift; d.Significant() {
		words = append(words, [2]string{"drift", driftWords(m, d)})
	}
	if d := n.Speed; d.Significant() {
		words = append(words, [2]string{"speed", fmt.Sprintf("tokens per second of one point move by %+.1f %% in 10 trials (95 %% interval %+.1f to %+.1f)", percent(d.Slope), percent(d.Low), percent(d.High))})
	}
	return words
}

// interval is one of values with their own sign, the lower end first.
func interval(m mechanisms.Measure, low, high float64) (float64, float64) {
	if m.Higher {
		return m.Own(high), m.Own(low)
	}
	return low, high
}

// driftWords says how the value of one point moves.
func driftWords(m mechanisms.Measure, d noise.Trend) string {
	low, high := interval(m, d.Low, d.High)
	return fmt.Sprintf("the value of one point moves by %+.2g %s in 10 trials (95 %% interval %+.2g to %+.2g): the machine changes as the run goes on", 10*m.Own(d.Slope), m, 10*low, 10*high)
}

func times(n int) string {
	if n == 1 {
		return "once"
	}
	return fmt.Sprintf("%d times", n)
}

// percent is what a slope of logarithms comes to in ten trials.
func percent(slope float64) float64 { return 100 * (math.Exp(10*slope) - 1) }
