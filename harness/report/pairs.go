package report

import (
	"fmt"
	"slices"

	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// pairsPicture has both arms of a contrast on every unit, the units of a task beneath each other.
func (a *Ablation) pairsPicture(c ablate.Contrast) Picture {
	tasks := tasksOf(c)
	most := 1
	for _, t := range tasks {
		most = max(most, len(pairsOf(c, t)))
	}
	row := max(vg.Length(13), vg.Length(most)*3.4+4)
	words := []string{"pairs", c.First, c.Second}
	title := fmt.Sprintf("%s and %s on every unit", c.First, c.Second)
	if c.HeldOut {
		words, title = append(words, "held-out"), title+" that level 2 never saw"
	}
	tall := height(len(tasks), row, 76)
	return Picture{
		Name: a.file(c.Profile, words...), Title: title, wide: size{760, tall}, narrow: size{380, tall + 20},
		Alt:     fmt.Sprintf("Regret of %s and %s on each of %d units, by task, joined by a line", c.First, c.Second, c.Pairs),
		Caption: fmt.Sprintf("Each line is one unit, a task with a seed: a disc where %s ended, a ring where %s did. Green where %s ended lower.", c.First, c.Second, c.First),
		draw: func(narrow bool) (chart, error) {
			ch := chart{plot: newPlot(a.title(c.Profile), "regret of the final incumbent, lower is better", "")}
			ch.plot.Add(upright{0, stroke(rule, 1)}, upright{1, stroke(rule, 1)})
			better, worse, same := segments{style: stroke(keep, 1)}, segments{style: stroke(fail, 1)}, segments{style: stroke(discard, 1)}
			first, second := dots{color: ink, radius: 1.7}, dots{color: soft, radius: 1.7, hollow: true}
			for i, task := range tasks {
				pairs := pairsOf(c, task)
				for k, p := range pairs {
					y := -float64(i) + 0.36 - 0.72*(float64(k)+0.5)/float64(len(pairs))
					from, to := plotter.XY{X: min(p.Second, worst), Y: y}, plotter.XY{X: min(p.First, worst), Y: y}
					line := &same
					switch {
					case p.First < p.Second:
						line = &better
					case p.First > p.Second:
						line = &worse
					}
					line.from, line.to = append(line.from, from), append(line.to, to)
					first.XYs, second.XYs = append(first.XYs, to), append(second.XYs, from)
				}
			}
			for _, s := range []segments{same, worse, better} {
				if len(s.from) > 0 {
					ch.plot.Add(s)
				}
			}
			ch.plot.Add(second, first)
			ch.name(c.First, first)
			ch.name(c.Second, second)
			ch.name(fmt.Sprintf("%s lower: %s", c.First, plural(len(better.from), "unit")), better)
			ch.name(fmt.Sprintf("%s higher: %s", c.First, plural(len(worse.from), "unit")), worse)
			ch.rows(a.taskNames(tasks, narrow), 7.5)
			ch.plot.X.Min, ch.plot.X.Max = a.lowest(c.Profile), a.highest(c.Profile)
			return ch, nil
		},
	}
}

// tasksOf lists the tasks of a contrast in the order of its pairs.
func tasksOf(c ablate.Contrast) []string {
	var names []string
	for _, p := range c.Pairing {
		if !slices.Contains(names, p.Task) {
			names = append(names, p.Task)
		}
	}
	return names
}

func pairsOf(c ablate.Contrast, task string) []ablate.Pair {
	return slices.DeleteFunc(slices.Clone(c.Pairing), func(p ablate.Pair) bool { return p.Task != task })
}

// taskNames are the names of tasks, those marked that level 2 never saw.
func (a *Ablation) taskNames(tasks []string, narrow bool) []string {
	names := make([]string, len(tasks))
	for i, t := range tasks {
		names[i] = t
		if a.taskOf(t).HeldOut {
			names[i] += " (held out)"
		}
		if narrow {
			names[i] = cut(names[i], 22)
		}
	}
	return names
}

// forestPicture has contrasts with their intervals.
func (a *Ablation) forestPicture(name, title, label string, contrasts []ablate.Contrast) Picture {
	tall := height(max(1, len(contrasts)), 16, 62)
	return Picture{
		Name: name, Title: title, wide: size{760, tall}, narrow: size{380, tall},
		Alt:     "Mean difference of regret of each contrast, with its interval",
		Caption: "Mean difference of final regret within units, with its 95 % interval; left of 0 the first arm ends lower. Blue: the contrasts that the ablation was made for, with Holm's p; grey ones are there to be looked at, and their p is not corrected.",
		draw: func(narrow bool) (chart, error) {
			ch := chart{plot: newPlot(label, "difference of regret, below 0 the first is better", "")}
			ch.plot.Add(upright{0, stroke(ink, 1)})
			var names, words []string
			var v intervals
			low, high := -0.1, 0.1
			for i, c := range contrasts {
				names, words = append(names, a.forestName(c, contrasts, narrow)), append(words, forestWords(c))
				colour := discard
				if c.Named {
					colour = handed
				}
				v.add(-float64(i), c.Low, c.Difference, c.High, colour, c.Named)
				low, high = min(low, c.Low), max(high, c.High)
			}
			ch.plot.Add(v)
			if !narrow {
				ch.right = 178
				ch.plot.Add(beside{words, soft, 8, 8})
			}
			ch.rows(names, 8)
			margin := 0.03 * (high - low)
			ch.plot.X.Min, ch.plot.X.Max = max(low-margin, -worst), min(high+margin, worst)
			return ch, nil
		},
	}
}

// forestName says what a contrast is of, and of which profile where others stand beside it.
func (a *Ablation) forestName(c ablate.Contrast, among []ablate.Contrast, narrow bool) string {
	name := between(c)
	if slices.ContainsFunc(among, func(x ablate.Contrast) bool { return x.Profile != c.Profile }) {
		name += " · " + c.Profile
	}
	if narrow {
		name = cut(name, 36)
	}
	return name
}

// forestWords are the figures beside a contrast.
func forestWords(c ablate.Contrast) string {
	p := fmt.Sprintf("p %s", probability(c.P))
	if c.Named {
		p = fmt.Sprintf("Holm p %s", probability(c.Holm))
	}
	if c.Low == c.High { // too few tasks for an interval
		return fmt.Sprintf("%+.3f, %s", c.Difference, p)
	}
	return fmt.Sprintf("%+.3f [%+.3f, %+.3f] %s", c.Difference, c.Low, c.High, p)
}

// probability is a p as people write it.
func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

// transferPicture has the difference from A of every arm on tasks that level 2 saw, and on those that it did not.
func (a *Ablation) transferPicture(t ablate.Transfer) Picture {
	return Picture{
		Name: a.file(t.Profile, "transfer"), Title: "On tasks that level 2 never saw", wide: size{420, 360},
		Alt:     fmt.Sprintf("Difference of regret from A of %s, on tasks that level 2 saw and on others", plural(len(t.Arms), "arm")),
		Caption: fmt.Sprintf("Each arm's mean difference of regret from A, below 0 better than A: across, on the tasks that level 2 saw; upright, on those that it never saw. Rank correlation %.2f, 95 %% from %.2f to %.2f.", t.Rho, t.Low, t.High),
		draw: func(bool) (chart, error) {
			ch := chart{plot: newPlot(a.title(t.Profile), "on tasks seen", "on tasks held out"), right: 50}
			ch.plot.Add(grid())
			low, high := 0.0, 0.0
			var e ends
			for i, arm := range t.Arms {
				at := plotter.XY{X: t.Seen[i], Y: t.HeldOut[i]}
				l := a.lookOf(arm)
				ch.addPoints("", plotter.XYs{at}, l.color, draw.CircleGlyph{}, 3)
				e.at, e.names, e.colors = append(e.at, at), append(e.names, arm), append(e.colors, readable(l.color))
				low, high = min(low, at.X, at.Y), max(high, at.X, at.Y)
			}
			margin := 0.08*(high-low) + 0.01
			low, high = low-margin, high+margin
			ch.addLine("", plotter.XYs{{X: low, Y: low}, {X: high, Y: high}}, stroke(rule, 1, 4, 3), plotter.NoStep)
			ch.plot.Add(e)
			ch.plot.X.Min, ch.plot.X.Max, ch.plot.Y.Min, ch.plot.Y.Max = low, high, low, high
			return ch, nil
		},
	}
}
