package report

import (
	"math"

	"gonum.org/v1/plot/plotter"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// curvesPicture shows how trials learnt; false where no trial has a curve.
func (r *Run) curvesPicture() (Picture, bool) {
	p := Picture{
		Name: "curves", Title: "Learning curves", wide: size{760, 340}, narrow: size{380, 300},
		Alt:     "The value of every trial on the way, against the share of its budget that was spent",
		Caption: "Bits per byte on a small fixed part of the validation text, while each trial trained. It is not the value that trials are judged by.",
		draw:    r.drawCurves,
	}
	switch {
	case r.Formula():
		p.Caption = "What the formula gives in place of a learning curve. It is not the value that trials are judged by."
	case r.Named():
		p.Caption = "What the program printed on the way, at tenths of its way. It need not be the value that trials are judged by."
	}
	for _, t := range r.Trials {
		if len(t.Curve) > 0 {
			return p, true
		}
	}
	return p, false
}

func (r *Run) drawCurves(bool) (chart, error) {
	ch := chart{plot: newPlot(r.Simulated(), "share of the trial's budget", r.Measure().String()+" while training")}
	ch.plot.Add(grid())
	best, named := r.Best(), map[string]bool{}
	low, high := math.Inf(1), math.Inf(-1)
	draw := func(name string, t mechanisms.Trial) {
		style := stroke(discard, 0.6)
		switch name {
		case "kept":
			style = stroke(keep, 0.9)
		case "no value":
			style = stroke(fail, 0.7, 2, 2)
		case "best":
			style = stroke(keep, 2.4)
		case "baseline":
			style = stroke(ink, 1.6, 5, 2)
		}
		legend := name
		if named[name] {
			legend = ""
		}
		xys := curve(t)
		for i := range xys {
			xys[i].Y = r.Own(xys[i].Y)
		}
		named[name] = named[name] || len(xys) > 0
		ch.addLine(legend, xys, style, plotter.NoStep)
		if name == "discarded" || name == "no value" {
			return // the axis is that of trials that count; others may leave the picture
		}
		for _, s := range t.Curve {
			low, high = min(low, r.Own(s.BPB)), max(high, r.Own(s.BPB))
		}
	}
	for _, class := range []string{"discarded", "no value", "kept", "baseline", "best"} {
		for _, t := range r.Trials {
			if class == classOf(t, best) {
				draw(class, t)
			}
		}
	}
	if low < high {
		margin := 0.06 * (high - low)
		ch.plot.Y.Min, ch.plot.Y.Max = low-margin, high+margin
	}
	ch.plot.X.Min, ch.plot.X.Max = 0, 1
	return ch, nil
}

// classOf says how a trial's curve is drawn; later classes lie above earlier ones.
func classOf(t, best mechanisms.Trial) string {
	switch {
	case t.Seq == 0:
		return "baseline"
	case !t.OK():
		return "no value"
	case t.Seq == best.Seq:
		return "best"
	case t.Kept:
		return "kept"
	}
	return "discarded"
}

func curve(t mechanisms.Trial) plotter.XYs {
	var xys plotter.XYs
	for _, s := range t.Curve {
		if !math.IsNaN(s.BPB) && !math.IsInf(s.BPB, 0) {
			xys = append(xys, plotter.XY{X: s.Fraction, Y: s.BPB})
		}
	}
	return xys
}
