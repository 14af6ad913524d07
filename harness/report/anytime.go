package report

import (
	"fmt"
	"image/color"
	"runtime"
	"sync"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// A band is the interquartile mean of an arm's regret after every trial, with its interval.
type band struct{ figure, low, high plotter.XYs }

const (
	bandResamples  = 400 // of the bootstrap, for each trial; the last has the result's own interval
	bandConfidence = 0.95
	bandSeed       = 1
)

// bandsOf computes the band of every arm within a profile. The arms are computed side by side; what comes out does not depend
// on it.
func (a *Ablation) bandsOf(profile string) map[string]band {
	arms := a.armsOf(profile)
	bands := make([]band, len(arms))
	var group sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, arm := range arms {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			bands[i] = a.bandOf(profile, arm.Name)
		})
	}
	group.Wait()
	all := map[string]band{}
	for i, arm := range arms {
		all[arm.Name] = bands[i]
	}
	return all
}

func (a *Ablation) bandOf(profile, arm string) (b band) {
	runs := a.ofProfile(profile, arm)
	for k := range longest(runs) {
		clusters := a.clusters(runs, k)
		figure := stats.IQM(stats.Flat(clusters))
		interval := stats.Resampled(clusters, bandConfidence, bandSeed, bandResamples, stats.IQM)
		x := float64(k)
		b.figure = append(b.figure, plotter.XY{X: x, Y: figure})
		b.low, b.high = append(b.low, plotter.XY{X: x, Y: interval.Low}), append(b.high, plotter.XY{X: x, Y: interval.High})
	}
	return b
}

// clusters are the regrets after k trials by task, in the order of the runs.
func (a *Ablation) clusters(runs []ablate.Run, k int) []stats.Cluster {
	var all []stats.Cluster
	at := map[string]int{}
	for _, r := range runs {
		if len(r.Curve) == 0 {
			continue
		}
		i, ok := at[r.Task]
		if !ok {
			i = len(all)
			at[r.Task] = i
			all = append(all, stats.Cluster{Stratum: a.taskOf(r.Task).Family})
		}
		all[i].Values = append(all[i].Values, r.Curve[min(k, len(r.Curve)-1)])
	}
	return all
}

func longest(runs []ablate.Run) (n int) {
	for _, r := range runs {
		n = max(n, len(r.Curve))
	}
	return n
}

// banded are the arms whose bands stand in the picture of all: those of the contrasts that an ablation is made for. With the bands
// of all arms none could be seen; each stands in the picture of its arm.
var banded = []string{"R", "A", "C"}

// anytimePicture has all arms in one frame.
func (a *Ablation) anytimePicture(profile string, bands map[string]band) Picture {
	return Picture{
		Name: a.file(profile, "anytime"), Title: "Regret over the trials", wide: size{760, 400}, narrow: size{380, 400},
		Alt:     "Interquartile mean of the incumbent's regret after each trial, a line for each arm",
		Caption: "Interquartile mean over all runs of the incumbent's regret: 1 is the default, 0 the best known. Lower is better. Groups and controls have colours, systems dashes, yardsticks are grey. The 95 % bands of A, C and R stand here, each arm's below with every run.",
		draw: func(narrow bool) (chart, error) {
			ch := chart{plot: newPlot(a.title(profile), "trial", "regret, lower is better"), right: 62}
			ch.plot.Add(grid())
			var e ends
			lowest := 0.0
			for _, arm := range banded {
				if b := bands[arm]; len(b.figure) > 0 {
					ch.plot.Add(area{b.low, b.high, faint(a.lookOf(arm).color, 0x24)})
				}
			}
			for _, arm := range a.drawingOrder(profile) {
				b, l := bands[arm], a.lookOf(arm)
				if len(b.figure) == 0 {
					continue
				}
				ch.addLine("", b.figure, stroke(l.color, l.width, l.dashes...), plotter.PostStep)
				last := b.figure[len(b.figure)-1]
				lowest = min(lowest, last.Y)
				e.at, e.names, e.colors = append(e.at, last), append(e.names, arm), append(e.colors, readable(l.color))
			}
			ch.plot.Add(e)
			ch.plot.X.Min, ch.plot.X.Max = 0, float64(a.Setting.Trials)
			ch.plot.Y.Min, ch.plot.Y.Max = lowest-0.02, 1.05
			return ch, nil
		},
	}
}

// readable is the colour of a name beside a line of this colour: the grey of lines is too light for text.
func readable(c color.NRGBA) color.NRGBA {
	if c == discard {
		return soft
	}
	return c
}

// everyPicture has every run of one arm, with the arm's band and, for comparison, the line of A.
func (a *Ablation) everyPicture(profile, arm string, bands map[string]band) Picture {
	runs := a.ofProfile(profile, arm)
	return Picture{
		Name: a.file(profile, "runs", arm), Title: arm, wide: size{220, 160},
		Alt: fmt.Sprintf("Regret over the trials of all %d runs of %s, with their interquartile mean and its band", len(runs), arm),
		draw: func(bool) (chart, error) {
			l := a.lookOf(arm)
			l.color = readable(l.color) // among grey runs
			ch := chart{plot: newPlot(fmt.Sprintf("%s, %s", arm, plural(len(runs), "run")), "", "")}
			ch.plot.Title.TextStyle = textStyle(8.5, ink)
			ch.plot.Title.TextStyle.XAlign, ch.plot.Title.TextStyle.YAlign = -0.5, -1
			curves := steps{style: stroke(faint(discard, 0x70), 0.4)}
			if len(runs) <= 12 { // few enough to be followed one by one
				curves.style = stroke(discard, 0.6)
			}
			for _, r := range runs {
				curves.curves = append(curves.curves, r.Curve)
			}
			b := bands[arm]
			ch.plot.Add(curves, area{b.low, b.high, faint(l.color, 0x50)})
			if arm != "A" {
				ch.addLine("", bands["A"].figure, stroke(ink, 0.9, 3, 2), plotter.PostStep)
			}
			ch.addLine("", b.figure, stroke(l.color, 1.8), plotter.PostStep)
			ch.plot.X.Min, ch.plot.X.Max = 0, float64(a.Setting.Trials)
			ch.plot.Y.Min, ch.plot.Y.Max = min(-0.02, a.lowestCurve(profile)), 1.2
			ch.plot.Y.Tick.Marker = plot.ConstantTicks([]plot.Tick{{Value: 0, Label: "0"}, {Value: 0.5, Label: "0.5"}, {Value: 1, Label: "1"}})
			return ch, nil
		},
	}
}

// lowest is the lower end of an axis of final regrets: 0, or the lowest of all runs where one ended below the best that was
// known.
func (a *Ablation) lowest(profile string) float64 {
	low := 0.0
	for _, arm := range a.armsOf(profile) {
		for _, r := range a.ofProfile(profile, arm.Name) {
			low = min(low, r.Regret)
		}
	}
	return max(low, -0.5) - 0.02
}

// highest is the upper end of that axis: the default, or the highest regret where one is higher, but not beyond worst.
func (a *Ablation) highest(profile string) float64 {
	high := 1.0
	for _, arm := range a.armsOf(profile) {
		for _, r := range a.ofProfile(profile, arm.Name) {
			high = max(high, r.Regret)
		}
	}
	return min(high+0.04, worst)
}

// lowestCurve is the lowest regret that any run measured while it searched, at most 0.
func (a *Ablation) lowestCurve(profile string) float64 {
	low := 0.0
	for _, arm := range a.armsOf(profile) {
		for _, r := range a.ofProfile(profile, arm.Name) {
			for _, v := range r.Curve {
				low = min(low, v)
			}
		}
	}
	return max(low, -0.5)
}
