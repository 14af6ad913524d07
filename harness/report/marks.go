package report

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// uprights is a plotter of vertical lines between trials, each with a word above the frame.
type uprights struct {
	style draw.LineStyle
	at    []float64
	words []string // as many as at, or none
	foot  bool     // with a mark at the lower end, which shows where another line lies over this one
}

// Words above the frame: the height of a line, and how many there are at most. What finds no room in them is left out; tables
// have it.
const (
	wordLine  vg.Length = 10
	mostLines int       = 4
)

// Plot implements plot.Plotter.
func (u uprights) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	word := u.wordStyle()
	places := u.places(func(at float64) vg.Length { return toX(at) }, c.Max.X)
	for i, at := range u.at {
		x, top := toX(at), c.Max.Y
		if i < len(places) && places[i].line < mostLines {
			top += 2 + wordLine*vg.Length(places[i].line)
			from := x + 2
			if word.XAlign = places[i].align; word.XAlign == draw.XRight {
				from = x - 2 - 0.12*word.Width(u.words[i]) // a browser without the font sets a wider one
			}
			c.FillText(word, vg.Point{X: from, Y: top}, u.words[i])
			top += wordLine - 3
		}
		c.StrokeLine2(u.style, x, c.Min.Y, x, top)
		if u.foot {
			c.DrawGlyph(u.footStyle(), vg.Point{X: x, Y: c.Min.Y + 3})
		}
	}
}

func (u uprights) wordStyle() draw.TextStyle {
	word := textStyle(8, u.style.Color)
	word.YAlign = draw.YBottom
	return word
}

// A place is where a word stands: in which line above the frame, and to the right of its upright or, where the picture ends too
// soon, to the left.
type place struct {
	line  int
	align text.XAlignment
}

// places finds a line for each word in which it covers no other.
func (u uprights) places(toX func(at float64) vg.Length, right vg.Length) []place {
	word := u.wordStyle()
	var places []place
	var taken [][][2]vg.Length // by line, from and to
	for i, text := range u.words {
		x, width := toX(u.at[i]), 6+1.12*word.Width(text)
		p, from, to := place{align: draw.XLeft}, x, x+width
		if to > right {
			p.align, from, to = draw.XRight, x-width, x
		}
		covers := func(other [2]vg.Length) bool { return from < other[1] && other[0] < to }
		for p.line < len(taken) && slices.ContainsFunc(taken[p.line], covers) {
			p.line++
		}
		if p.line == len(taken) && p.line < mostLines {
			taken = append(taken, nil)
		}
		if p.line < mostLines {
			taken[p.line] = append(taken[p.line], [2]vg.Length{from, to})
		}
		places = append(places, p)
	}
	return places
}

// lines is how many lines the words take in a frame of some width that shows trials from low to high.
func (u uprights) lines(width vg.Length, low, high float64) (n int) {
	toX := func(at float64) vg.Length { return width * vg.Length((at-low)/(high-low)) }
	for _, p := range u.places(toX, width) {
		n = max(n, min(p.line+1, mostLines))
	}
	return n
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

// captions is a plotter of words at points, which takes no room of the axes for them. They run up to their point from below, or
// away from it upwards: upright, so that those of neighbouring trials do not cover each other, and on the side of the better
// values, which a curve of improvements leaves empty. What does not fit into the frame is cut, and a word that would cover
// the one before is left out.
type captions struct {
	at    plotter.XYs
	words []string
	above bool
	flat  bool // of few letters each, which lie
}

// Plot implements plot.Plotter.
func (s captions) Plot(c draw.Canvas, p *plot.Plot) {
	const off, feet = 6, 8 // points from the point, and what marks at the foot of the frame take
	toX, toY := p.Transforms(&c)
	last := vg.Point{X: c.Min.X - 100}
	for i, xy := range s.at {
		word := textStyle(7.5, ink)
		if wide := 1.12*word.Width(s.words[i]) + 1; toX(xy.X)-last.X < 9 && !s.flat || s.flat && toX(xy.X)-last.X < wide && max(toY(xy.Y)-last.Y, last.Y-toY(xy.Y)) < 9 {
			continue
		}
		last = vg.Point{X: toX(xy.X), Y: toY(xy.Y)}
		at, room := vg.Point{X: toX(xy.X), Y: toY(xy.Y) - off}, toY(xy.Y)-off-feet-c.Min.Y
		word.XAlign, word.YAlign = draw.XRight, draw.YCenter
		if s.above {
			at.Y += 2 * off
			room = c.Max.Y - at.Y
			word.XAlign = draw.XLeft
		}
		switch {
		case s.flat && s.above:
			word.XAlign, word.YAlign = draw.XCenter, draw.YBottom
		case s.flat:
			word.XAlign, word.YAlign = draw.XCenter, draw.YTop
		default:
			word.Rotation = math.Pi / 2
		}
		text := fitting(word, s.words[i], room)
		if word.XAlign == draw.XRight {
			at.Y -= 0.12 * word.Width(text) // a browser without the font sets a wider one
		}
		c.FillText(word, at, text)
	}
}

// fitting is the text, or as much of its beginning as has room.
func fitting(style draw.TextStyle, text string, room vg.Length) string {
	n := len([]rune(text))
	for n > 1 && 1.12*style.Width(cut(text, n)) > room {
		n--
	}
	return cut(text, n)
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
