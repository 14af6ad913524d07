package report

import (
	"fmt"
	"image/color"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// worst is the upper end of an axis of regrets; runs beyond it stand at the edge under a mark of their own.
const worst = 1.6

// finalsPicture has the regret of every final incumbent as a dot, a row for each arm.
func (a *Ablation) finalsPicture(profile string) Picture {
	arms := a.armsOf(profile)
	tall := height(len(arms), 26, 62)
	return Picture{
		Name: a.file(profile, "finals"), Title: "Where the runs ended", wide: size{760, tall}, narrow: size{380, tall + 16},
		Alt:     "Regret of the final incumbent of every run, a row for each arm, with the interquartile mean and its interval",
		Caption: "Every run is a dot: the regret of its final incumbent, measured again on fresh seeds. The diamond below them is the interquartile mean, its line the 95 % interval (tasks drawn, then seeds within them). 0 is the best known, 1 the default.",
		draw: func(narrow bool) (chart, error) {
			names := make([]string, len(arms))
			var beyond plotter.XYs
			words := make([]string, len(arms))
			var v intervals
			ch := chart{plot: newPlot(a.title(profile), "regret of the final incumbent, lower is better", "")}
			ch.plot.Add(upright{0, stroke(rule, 1)}, upright{1, stroke(rule, 1)}, upright{0.5, stroke(rule, 0.6, 3, 3)})
			for i, arm := range arms {
				names[i] = arm.Name
				l, row := a.lookOf(arm.Name), -float64(i)
				var x []float64
				outside := 0
				for _, r := range a.ofProfile(profile, arm.Name) {
					if r.Regret > worst {
						outside++
						continue
					}
					x = append(x, r.Regret)
				}
				if outside > 0 {
					beyond, words[i] = append(beyond, plotter.XY{X: worst, Y: row}), fmt.Sprintf("× %d", outside)
				}
				slices.Sort(x)
				ch.plot.Add(dots{XYs: swarm(x, row+0.1, 0.012, 0.3), color: faint(readable(l.color), 0xA0), radius: dotSize(len(x))})
				if s, ok := a.summaryOf(profile, arm.Name); ok {
					v.add(row-0.34, s.Low, s.IQM, s.High, readable(l.color), arm.Name == "C" || arm.Name == "A")
				}
			}
			ch.plot.Add(v)
			ch.addPoints("ended beyond the frame, worse", beyond, fail, draw.PyramidGlyph{}, 3)
			ch.right = 18
			ch.plot.Add(beside{words, fail, 8, 5})
			ch.rows(names, 8)
			ch.plot.X.Min, ch.plot.X.Max = a.lowest(profile), a.highest(profile)
			return ch, nil
		},
	}
}

// dotSize is the radius of a run's dot: the fewer there are, the more each of them counts.
func dotSize(n int) vg.Length {
	switch {
	case n <= 12:
		return 2.6
	case n <= 40:
		return 2
	}
	return 1.5
}

// add adds one row.
func (v *intervals) add(row, low, figure, high float64, c color.NRGBA, strong bool) {
	v.row, v.low, v.figure, v.high = append(v.row, row), append(v.low, low), append(v.figure, figure), append(v.high, high)
	v.colors, v.strong = append(v.colors, c), append(v.strong, strong)
}

// reachedPicture is a data profile: the share of runs that have reached a target by each trial.
func (a *Ablation) reachedPicture(profile string, target float64) Picture {
	return Picture{
		Name: a.file(profile, fmt.Sprintf("reached-%g", target)), Title: fmt.Sprintf("Runs that reached a regret of %g", target), wide: size{380, 330},
		Alt:     fmt.Sprintf("Share of the runs of each arm whose incumbent has reached a regret of %g, over the trials", target),
		Caption: fmt.Sprintf("Data profile: share of runs whose incumbent had a regret of at most %g after so many trials. Higher is better.", target),
		draw: func(bool) (chart, error) {
			ch := chart{plot: newPlot(a.title(profile), "trial", fmt.Sprintf("share at %g or lower", target)), right: 58}
			ch.plot.Title.TextStyle.Font.Size = vg.Length(8)
			ch.plot.Add(grid())
			var e ends
			for _, arm := range a.drawingOrder(profile) {
				share := a.reached(profile, arm, target)
				if len(share) == 0 {
					continue
				}
				l := a.lookOf(arm)
				ch.addLine("", share, stroke(l.color, l.width, l.dashes...), plotter.PostStep)
				e.at, e.names, e.colors = append(e.at, share[len(share)-1]), append(e.names, arm), append(e.colors, readable(l.color))
			}
			ch.plot.Add(e)
			ch.plot.X.Min, ch.plot.X.Max = 0, float64(a.Setting.Trials)
			ch.plot.Y.Min, ch.plot.Y.Max = 0, 1.02
			return ch, nil
		},
	}
}

// reached is the share of an arm's runs that have reached a target after 0, 1, ... trials.
func (a *Ablation) reached(profile, arm string, target float64) plotter.XYs {
	var curves [][]float64
	for _, r := range a.ofProfile(profile, arm) {
		curves = append(curves, r.Curve)
	}
	var xys plotter.XYs
	for k, share := range stats.DataProfile(curves, target) {
		xys = append(xys, plotter.XY{X: float64(k), Y: share})
	}
	return xys
}

// drawingOrder lists the arms with those that have a colour last, so that they lie above.
func (a *Ablation) drawingOrder(profile string) []string {
	var grey, coloured []string
	for _, arm := range a.armsOf(profile) {
		if arm.Kind == group || arm.Kind == control {
			coloured = append(coloured, arm.Name)
			continue
		}
		grey = append(grey, arm.Name)
	}
	return append(grey, coloured...)
}
