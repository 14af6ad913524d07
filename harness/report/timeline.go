package report

import (
	"fmt"
	"image/color"
	"maps"
	"math"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// Counts is how often something happened before each trial, over all runs of an arm.
type Counts map[int]int

// A Timeline is when the runs of one arm did what sets it apart.
type Timeline struct {
	Arm      string
	Runs     int
	Diverged Counts // first trial that differs from A's of the unit
	Never    int    // runs without such a trial
	Handed   Counts // hand-overs to mechanisms that stayed or handed over in turn
	Out      Counts // hand-overs to mechanisms that were retired or quarantined later
	Restarts Counts
	Steered  Counts
}

// timelineOf counts what happened in the runs of an arm.
func (a *Ablation) timelineOf(profile, arm string) Timeline {
	t := Timeline{Arm: arm, Diverged: Counts{}, Handed: Counts{}, Out: Counts{}, Restarts: Counts{}, Steered: Counts{}}
	for _, r := range a.ofProfile(profile, arm) {
		t.Runs++
		if r.Diverged > 0 {
			t.Diverged[r.Diverged]++
		} else {
			t.Never++
		}
		for _, h := range r.Handovers {
			if h.Fate == "retired" || h.Fate == "quarantined" {
				t.Out[h.Seq]++
				continue
			}
			t.Handed[h.Seq]++
		}
		for _, seq := range r.Restarts {
			t.Restarts[seq]++
		}
		for _, seq := range r.Steered {
			t.Steered[seq]++
		}
	}
	return t
}

// timelinePicture has when each arm came to differ from A, and what happened to it.
func (a *Ablation) timelinePicture(profile string) Picture {
	var lines []Timeline
	for _, arm := range a.armsOf(profile) {
		if arm.Name != "A" {
			lines = append(lines, a.timelineOf(profile, arm.Name))
		}
	}
	tall := height(max(1, len(lines)), 36, 84)
	return Picture{
		Name: a.file(profile, "timeline"), Title: "When arms come to differ from A", wide: size{760, tall}, narrow: size{380, tall + 30},
		Alt:     "First trial of each run that differs from arm A's on the same unit, with acts of level 1.5, hand-overs and restarts, a row for each arm",
		Caption: "A disc at the first trial whose point or verdict differs from A's on the same unit; below it acts of level 1.5, hand-overs, hand-overs to mechanisms that were taken out again, and restarts. An area is as large as the share of the arm's runs.",
		draw: func(narrow bool) (chart, error) {
			ch := chart{plot: newPlot(a.title(profile), "trial", ""), right: 92}
			if narrow {
				ch.right = 62
			}
			var names, words []string
			var between segments
			for i := range lines {
				between.from = append(between.from, plotter.XY{X: 0.4, Y: -float64(i) - 0.5})
				between.to = append(between.to, plotter.XY{X: float64(a.Setting.Trials) + 0.6, Y: -float64(i) - 0.5})
			}
			between.style = stroke(rule, 0.6)
			ch.plot.Add(grid(), between)
			marks := []*bubbles{
				{color: ink, shape: draw.CircleGlyph{}, up: 11},
				{color: steer, shape: draw.PyramidGlyph{}},
				{color: handed, shape: draw.BoxGlyph{}, up: -11},
				{color: fail, shape: draw.CrossGlyph{}, up: -11, along: 11},
				{color: person, shape: draw.RingGlyph{}, up: -11},
			}
			for i, t := range lines {
				names, words = append(names, t.Arm), append(words, t.never(narrow))
				for k, counts := range []Counts{t.Diverged, t.Steered, t.Handed, t.Out, t.Restarts} {
					marks[k].add(-float64(i), counts, t.Runs)
				}
			}
			for k, name := range []string{"first differs from A", "level 1.5 acts", "hand-over", "hand-over to one taken out later", "history cleared"} {
				if len(marks[k].XYs) > 0 {
					ch.plot.Add(marks[k])
					ch.name(name, marks[k])
				}
			}
			ch.plot.Add(beside{words, soft, 8, 8})
			ch.rows(names, 8)
			ch.plot.X.Min, ch.plot.X.Max = 0.4, float64(a.Setting.Trials)+0.6
			ch.plot.X.Tick.Marker = trialTicks(a.Setting.Trials)
			return ch, nil
		},
	}
}

// trialTicks marks the first trial and every fifth or tenth.
func trialTicks(trials int) plot.ConstantTicks {
	every := 5
	if trials > 60 {
		every = 10
	}
	ticks := []plot.Tick{{Value: 1, Label: "1"}}
	for k := every; k <= trials; k += every {
		ticks = append(ticks, plot.Tick{Value: float64(k), Label: fmt.Sprint(k)})
	}
	return ticks
}

// never says how many runs did not come to differ.
func (t Timeline) never(narrow bool) string {
	switch {
	case t.Never == 0:
		return "all differ"
	case t.Never == t.Runs:
		return "none differs"
	case narrow:
		return fmt.Sprintf("%d of %d same", t.Never, t.Runs)
	}
	return fmt.Sprintf("%d of %d never differ", t.Never, t.Runs)
}

// bubbles is a plotter of marks whose area is a share.
type bubbles struct {
	plotter.XYs
	share []float64
	color color.NRGBA
	shape draw.GlyphDrawer
	up    vg.Length // from the middle of the row
	along vg.Length // from the trial, where another mark may stand
}

// largest and smallest are radii, in points.
const largest, smallest = 5.0, 1.3

func (b *bubbles) add(row float64, counts Counts, runs int) {
	for _, seq := range slices.Sorted(maps.Keys(counts)) {
		b.XYs = append(b.XYs, plotter.XY{X: float64(seq), Y: row})
		b.share = append(b.share, float64(counts[seq])/float64(runs))
	}
}

// Plot implements plot.Plotter.
func (b *bubbles) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for i, xy := range b.XYs {
		radius := vg.Length(max(smallest, largest*math.Sqrt(b.share[i])))
		c.DrawGlyph(draw.GlyphStyle{Color: b.color, Radius: radius, Shape: b.shape}, vg.Point{X: toX(xy.X) + b.along, Y: toY(xy.Y) + b.up})
	}
}

// Thumbnail implements plot.Thumbnailer.
func (b *bubbles) Thumbnail(c *draw.Canvas) {
	c.DrawGlyph(draw.GlyphStyle{Color: b.color, Radius: 3.5, Shape: b.shape}, c.Center())
}

// words says before which trials it happened, and in how many runs where that is more than one.
func (c Counts) words() string {
	var all []string
	for _, seq := range slices.Sorted(maps.Keys(c)) {
		word := fmt.Sprint(seq)
		if c[seq] > 1 {
			word += fmt.Sprintf(" ×%d", c[seq])
		}
		all = append(all, word)
	}
	return strings.Join(all, ", ")
}
