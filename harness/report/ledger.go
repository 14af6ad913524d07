package report

import "gonum.org/v1/plot/plotter"

// ledgerPicture shows influence over time; false where no mechanism replaced another.
func (r *Run) ledgerPicture() (Picture, bool) {
	p := Picture{
		Name: "influence", Title: "Influence over time", wide: size{760, 260}, narrow: size{380, 260},
		Alt:     "For each mechanism, how many of its decisions the one it replaced would have taken otherwise",
		Caption: "Every decision is put to the replaced mechanism as well, on the same view and random stream. Grey: decisions put to both. Blue: those that were decided otherwise. Both begin at zero with each new mechanism.",
		draw:    r.drawLedgers,
	}
	return p, len(r.Ledgers()) > 0
}

func (r *Run) drawLedgers(narrow bool) (chart, error) {
	ch := chart{plot: newPlot(r.Simulated(), "trial", "decisions of the mechanism")}
	ch.plot.Add(grid())
	r.across(&ch)
	most := 1.0
	for i, l := range r.Ledgers() {
		var compared, differed plotter.XYs
		if len(l.Entries) > 0 {
			start := plotter.XY{X: float64(l.Entries[0].Seq) - 0.5}
			compared, differed = plotter.XYs{start}, plotter.XYs{start}
		}
		for _, e := range l.Entries {
			compared = append(compared, plotter.XY{X: float64(e.Seq), Y: float64(e.Compared)})
			differed = append(differed, plotter.XY{X: float64(e.Seq), Y: float64(e.Differed)})
			most = max(most, float64(e.Compared))
		}
		names := [2]string{}
		if i == 0 {
			names = [2]string{"put to both", "decided otherwise"}
		}
		ch.addLine(names[0], compared, stroke(discard, 1.2), plotter.NoStep)
		ch.addLine(names[1], differed, stroke(handed, 2), plotter.NoStep)
	}
	r.addMarks(&ch, narrow)
	ch.plot.Y.Min, ch.plot.Y.Max = 0, most*1.05
	return ch, nil
}
