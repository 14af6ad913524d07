package report

import (
	"fmt"
	"slices"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg/draw"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// parameterPictures are one small picture for each parameter that any trial changed, in Space order.
func (r *Run) parameterPictures() []Picture {
	var all []Picture
	for i, q := range r.Meta.Space.Params {
		if r.constant(i) {
			continue
		}
		all = append(all, Picture{
			Name:  fmt.Sprintf("parameter-%02d-%s", i+1, fileName(q.Name)),
			Title: q.Name, wide: size{220, 150},
			Alt:  fmt.Sprintf("%s, %s, over the trials; the line is the incumbent's value", q.Name, q.Range()),
			draw: func(bool) (chart, error) { return r.drawParameter(i), nil },
		})
	}
	return all
}

// constant reports whether parameter i had one value in all trials.
func (r *Run) constant(i int) bool {
	seen := map[float64]bool{}
	for _, t := range r.Trials {
		if len(t.Point) == len(r.Meta.Space.Params) {
			seen[t.Point[i]] = true
		}
	}
	return len(seen) < 2
}

// Unchanged names the parameters that no trial changed, as NAME = value.
func (r *Run) Unchanged() []string {
	var names []string
	for i, q := range r.Meta.Space.Params {
		if r.constant(i) {
			names = append(names, q.Name+" = "+q.Format(q.Default))
		}
	}
	return names
}

// values are the trials' values of one parameter, on the scale from 0 to 1 in which a mechanism moves it.
type values struct {
	kept, discarded, failed plotter.XYs
	incumbent               plotter.XYs // from the trial on that it was kept
}

func (r *Run) valuesOf(i int) values {
	var v values
	q := r.Meta.Space.Params[i]
	for _, t := range r.Trials {
		if len(t.Point) != len(r.Meta.Space.Params) {
			continue
		}
		at := plotter.XY{X: float64(t.Seq), Y: q.Unit01(t.Point[i])}
		switch {
		case !t.OK():
			v.failed = append(v.failed, at)
		case t.Kept:
			v.kept = append(v.kept, at)
			v.incumbent = append(v.incumbent, at)
		default:
			v.discarded = append(v.discarded, at)
		}
	}
	if n := len(v.incumbent); n > 0 {
		v.incumbent = append(v.incumbent, plotter.XY{X: float64(r.Trials[len(r.Trials)-1].Seq), Y: v.incumbent[n-1].Y})
	}
	return v
}

func (r *Run) drawParameter(i int) chart {
	q, v := r.Meta.Space.Params[i], r.valuesOf(i)
	ch := chart{plot: newPlot(q.Name, "", "")}
	ch.plot.Add(grid())
	for _, span := range r.frozen(q.Name) {
		ch.addLine("", span, stroke(steer, 3), plotter.NoStep)
	}
	ch.addLine("", v.incumbent, stroke(keep, 1.2), plotter.PostStep)
	ch.addPoints("", v.discarded, discard, draw.CircleGlyph{}, 1.8)
	ch.addPoints("", v.failed, fail, draw.CrossGlyph{}, 2)
	ch.addPoints("", v.kept, keep, draw.CircleGlyph{}, 2.4)
	ch.addUprights("", r.handOvers())
	r.across(&ch)
	ch.plot.Y.Min, ch.plot.Y.Max = -0.08, 1.06
	ch.plot.Y.Tick.Marker = plot.ConstantTicks(ticks(q))
	return ch
}

func (r *Run) handOvers() uprights {
	u := uprights{style: stroke(handed, 0.6, 4, 2)}
	for _, x := range r.Switches {
		u.at = append(u.at, float64(x.Seq)-0.5)
	}
	return u
}

// frozen are the spans of trials in which level 1.5 kept the parameter from being changed, as lines along the lower edge.
func (r *Run) frozen(name string) []plotter.XYs {
	var spans []plotter.XYs
	const edge = -0.06
	for k, a := range r.Steering {
		if !slices.Contains(a.Steering.Frozen, name) {
			continue
		}
		until := len(r.Trials)
		if k+1 < len(r.Steering) {
			until = r.Steering[k+1].Steering.Since
		}
		spans = append(spans, plotter.XYs{{X: float64(a.Steering.Since) - 0.5, Y: edge}, {X: float64(until) - 0.5, Y: edge}})
	}
	return spans
}

// ticks names a few values along the axis: every one of a parameter with few, otherwise the ends and what lies between.
func ticks(q mechanisms.Param) []plot.Tick {
	var all []plot.Tick
	if n := q.Levels(); n > 0 && n <= 6 {
		for k := range n {
			v := q.Level(k)
			all = append(all, plot.Tick{Value: q.Unit01(v), Label: cut(q.Format(v), 10)})
		}
		return all
	}
	for _, u := range []float64{0, 0.5, 1} {
		v := q.FromUnit01(u)
		all = append(all, plot.Tick{Value: q.Unit01(v), Label: fmt.Sprintf("%.3g", v)})
	}
	return all
}

// fileName is the name in lower case with nothing but letters, digits and dashes.
func fileName(name string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c >= 'a' && c <= 'z', c >= '0' && c <= '9':
			return c
		case c >= 'A' && c <= 'Z':
			return c - 'A' + 'a'
		}
		return '-'
	}, name)
}
