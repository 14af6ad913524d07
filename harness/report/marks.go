package report

import (
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// uprights is a plotter of vertical lines between trials, each with a word along it.
type uprights struct {
	style draw.LineStyle
	at    []float64
	words []string // as many as at, or none
	foot  bool     // with a mark at the lower end, which shows where another line lies over this one
}

// Plot implements plot.Plotter.
func (u uprights) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	word := textStyle(8, u.style.Color)
	word.Rotation, word.XAlign, word.YAlign = math.Pi/2, draw.XRight, draw.YBottom
	for i, at := range u.at {
		x := toX(at)
		c.StrokeLine2(u.style, x, c.Min.Y, x, c.Max.Y)
		if u.foot {
			c.DrawGlyph(u.footStyle(), vg.Point{X: x, Y: c.Min.Y + 3})
		}
		if i < len(u.words) {
			room := word.Width(u.words[i]) / 10 // a browser without the font sets a wider one
			c.FillText(word, vg.Point{X: x - 2, Y: c.Max.Y - 3 - room}, u.words[i])
		}
	}
}

// Thumbnail implements plot.Thumbnailer.
func (u uprights) Thumbnail(c *draw.Canvas) {
	c.StrokeLine2(u.style, c.Center().X, c.Min.Y, c.Center().X, c.Max.Y)
	if u.foot {
		c.DrawGlyph(u.footStyle(), vg.Point{X: c.Center().X, Y: c.Min.Y + 3})
	}
}

func (u uprights) footStyle() draw.GlyphStyle {
	return draw.GlyphStyle{Color: u.style.Color, Radius: 3, Shape: draw.PyramidGlyph{}}
}

// slanted is a plotter of words at points, which takes no room of the axes for them: those in the left half rise away from
// their point, those in the right half end below it, where a falling curve leaves the picture empty.
type slanted struct {
	at    plotter.XYs
	words []string
}

// Plot implements plot.Plotter.
func (s slanted) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	for i, xy := range s.at {
		word := textStyle(7.5, ink)
		word.Rotation, word.XAlign, word.YAlign = math.Pi/6, draw.XLeft, draw.YBottom
		off := vg.Point{X: 3, Y: 4}
		if xy.X > (p.X.Min+p.X.Max)/2 {
			word.XAlign, word.YAlign = draw.XRight, draw.YTop
			off = vg.Point{X: -3, Y: -4}
		}
		c.FillText(word, vg.Point{X: toX(xy.X) + off.X, Y: toY(xy.Y) + off.Y}, s.words[i])
	}
}

// points is a scatter of one glyph; nil where there is nothing to show, so that the legend names only what is there.
func points(xys plotter.XYs, c color.Color, shape draw.GlyphDrawer, radius vg.Length) *plotter.Scatter {
	if len(xys) == 0 {
		return nil
	}
	return &plotter.Scatter{XYs: xys, GlyphStyle: draw.GlyphStyle{Color: c, Radius: radius, Shape: shape}}
}

// addPoints adds a scatter and, if it is named, its entry to the legend.
func (ch *chart) addPoints(name string, xys plotter.XYs, c color.Color, shape draw.GlyphDrawer, radius vg.Length) {
	s := points(xys, c, shape, radius)
	if s == nil {
		return
	}
	ch.plot.Add(s)
	if name != "" {
		ch.legend = append(ch.legend, entry{name, []plot.Thumbnailer{s}})
	}
}

// addLine adds a line and, if it is named, its entry to the legend.
func (ch *chart) addLine(name string, xys plotter.XYs, style draw.LineStyle, step plotter.StepKind) {
	if len(xys) == 0 {
		return
	}
	l := &plotter.Line{XYs: xys, LineStyle: style, StepStyle: step}
	ch.plot.Add(l)
	if name != "" {
		ch.legend = append(ch.legend, entry{name, []plot.Thumbnailer{l}})
	}
}

// addUprights adds vertical lines and their entry to the legend.
func (ch *chart) addUprights(name string, u uprights) {
	if len(u.at) == 0 {
		return
	}
	ch.plot.Add(u)
	if name != "" {
		ch.legend = append(ch.legend, entry{name, []plot.Thumbnailer{u}})
	}
}

// name adds an entry to the legend for what was added to the plot.
func (ch *chart) name(name string, t plot.Thumbnailer) {
	ch.legend = append(ch.legend, entry{name, []plot.Thumbnailer{t}})
}

func stroke(c color.Color, width vg.Length, dashes ...vg.Length) draw.LineStyle {
	return draw.LineStyle{Color: c, Width: width, Dashes: dashes}
}
