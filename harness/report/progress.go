package report

import (
	"fmt"
	"math"
	"strings"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// progress is what the picture of a run shows: x is the trial, y bits per byte.
type progress struct {
	kept, discarded, above, failed plotter.XYs
	again                          plotter.XYs // points trained again, before the trial they were trained before
	best                           plotter.XYs // lowest value so far
	labels                         []string    // of kept: what changed
	low, high                      float64     // of the axis
}

// progressOf sorts the trials. The axis is that of the trials which matter, as autoresearch draws it: a discard far above the
// baseline stands at the upper edge, under a mark of its own, and so does a trial without a value. Room is for words on the side
// of the better values, as a share of what the kept trials span.
func (r *Run) progressOf(room float64) progress {
	var p progress
	p.low, p.high = r.axis(room)
	before := store.Incumbents(r.Trials, r.Restarts)
	lowest := math.Inf(1)
	for i, t := range r.Trials {
		x := float64(t.Seq)
		switch {
		case !t.OK():
			p.failed = append(p.failed, plotter.XY{X: x, Y: p.high})
		case t.Kept:
			p.kept = append(p.kept, plotter.XY{X: x, Y: t.BPB})
			p.labels = append(p.labels, r.changed(before[i], t))
		case t.BPB > p.high:
			p.above = append(p.above, plotter.XY{X: x, Y: p.high})
		default:
			p.discarded = append(p.discarded, plotter.XY{X: x, Y: t.BPB})
		}
		if t.OK() {
			lowest = min(lowest, t.BPB)
		}
		if !math.IsInf(lowest, 1) {
			p.best = append(p.best, plotter.XY{X: x, Y: lowest})
		}
	}
	for _, a := range r.Anchors {
		if y := a.Outcome.Result.BPB; a.Outcome.Status == mechanisms.Complete && y >= p.low && y <= p.high {
			p.again = append(p.again, plotter.XY{X: float64(a.Before) - 0.5, Y: y})
		}
	}
	return p
}

// axis is the range of bits per byte that kept trials span, with room above and below; that of all values where they span
// nothing.
func (r *Run) axis(room float64) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	reach := func(all bool) {
		for _, t := range r.Trials {
			if t.OK() && (all || t.Kept) {
				low, high = min(low, t.BPB), max(high, t.BPB)
			}
		}
	}
	if reach(false); !(low < high) {
		reach(true)
	}
	switch {
	case math.IsInf(low, 1):
		return 0, 1
	case low == high:
		margin := 0.01*math.Abs(low) + 1e-9
		return low - margin, high + margin
	}
	span := high - low
	return low - room*span, high + 0.2*span
}

func (r *Run) progressPicture() Picture {
	return Picture{
		Name: "progress", Title: "The run", wide: size{760, 460}, narrow: size{380, 330},
		Alt:     fmt.Sprintf("%s of %d trials, the kept ones in green with the running best as a line", r.measured(), len(r.Trials)),
		Caption: capital(r.Measure().Better()) + " is better. Grey trials were discarded, green ones kept; the line is the best value so far. Beside each kept one stands what it changed of the incumbent of its time; on a narrow screen, the number of the trial.",
		draw:    r.drawProgress,
	}
}

func (r *Run) drawProgress(narrow bool) (chart, error) {
	room := 0.65
	if narrow {
		room = 0.15
	}
	p := r.progressOf(room)
	p.turn(r.Measure())
	ch := chart{plot: newPlot(r.Simulated(), "trial", fmt.Sprintf("%s, %s is better", r.measured(), r.Measure().Better()))}
	ch.plot.Add(grid())
	r.across(&ch)
	ch.addPoints("discarded", p.discarded, discard, draw.CircleGlyph{}, 2.2)
	ch.addPoints("discarded, beyond the range", p.above, discard, draw.PyramidGlyph{}, 3)
	ch.addPoints("no value: failed or pruned", p.failed, fail, draw.CrossGlyph{}, 3)
	ch.addLine("best so far", p.best, stroke(keep, 1.4), plotter.PostStep)
	ch.addPoints("a point trained again", p.again, soft, draw.RingGlyph{}, 2.6)
	ch.addPoints("kept", p.kept, keep, draw.CircleGlyph{}, 3.4)
	r.addMarks(&ch, narrow)
	ch.plot.Add(captions{at: p.kept, words: shortened(p, narrow), above: r.Measure().Higher, flat: narrow})
	ch.plot.Y.Min, ch.plot.Y.Max = p.low, p.high
	return ch, nil
}

// across makes the axis that of the run's trials.
func (r *Run) across(ch *chart) {
	ch.plot.X.Min, ch.plot.X.Max = -0.5, max(float64(r.Meta.Trials), float64(len(r.Trials)-1))+0.5
}

// turn gives all values their own sign.
func (p *progress) turn(m mechanisms.Measure) {
	if !m.Higher {
		return
	}
	for _, xys := range []plotter.XYs{p.kept, p.discarded, p.above, p.failed, p.again, p.best} {
		for i := range xys {
			xys[i].Y = m.Own(xys[i].Y)
		}
	}
	p.low, p.high = m.Own(p.high), m.Own(p.low)
}

// measured names the value in full.
func (r *Run) measured() string {
	if r.Named() {
		return r.Measure().Name
	}
	return "validation bits per byte"
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// addMarks shows acts of level 1.5, guidance of persons, restarts and changes of charge: they lie between the trial before and the first
// they apply to. A hand-over has the name of the new mechanism.
func (r *Run) addMarks(ch *chart, narrow bool) {
	acts := uprights{style: stroke(steer, 0.6, 1.5, 2.5), foot: true}
	for _, a := range r.Steering {
		acts.at = append(acts.at, float64(a.Steering.Since)-0.5)
	}
	ch.addUprights("level 1.5 acts", acts)
	said := uprights{style: stroke(person, 0.9, 0.9, 2), foot: true}
	for _, g := range r.Guidance {
		if g.Refused == "" {
			said.at = append(said.at, float64(g.From)-0.5)
		}
	}
	ch.addUprights("guidance of a person", said)
	cleared := uprights{style: stroke(fail, 0.9, 6, 2, 1, 2)}
	for _, x := range r.Restarts {
		cleared.at = append(cleared.at, float64(x.Seq)-0.5)
	}
	ch.addUprights("history cleared", cleared)
	changes := uprights{style: stroke(handed, 1, 5, 2)}
	for _, x := range r.Switches {
		word := x.To
		if x.Kind != store.HandOver {
			word = string(x.Kind) + ": " + x.To
		}
		if narrow {
			word = cut(word, 24)
		}
		changes.at, changes.words = append(changes.at, float64(x.Seq)-0.5), append(changes.words, word)
	}
	ch.addUprights("change of mechanism", changes)
	frame := vg.Length(680) // less than what the axis leaves of the picture
	if narrow {
		frame = 310
	}
	ch.top = wordLine * vg.Length(changes.lines(frame, ch.plot.X.Min, ch.plot.X.Max))
}

// shortened are the labels, or in a narrow picture the numbers of their trials; the table of trials has them whole.
func shortened(p progress, narrow bool) []string {
	words := make([]string, len(p.labels))
	for i, label := range p.labels {
		words[i] = label
		if narrow {
			words[i] = fmt.Sprintf("%.0f", p.kept[i].X)
		}
	}
	return words
}

// cut is the text, or its beginning where it has more than n characters.
func cut(text string, n int) string {
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}

func grid() *plotter.Grid {
	g := plotter.NewGrid()
	g.Vertical.Color, g.Horizontal.Color = rule, rule
	g.Vertical.Width, g.Horizontal.Width = 0.5, 0.5
	return g
}
