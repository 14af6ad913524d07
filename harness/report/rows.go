package report

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// rows makes the upright axis a list of names from top to bottom; row i lies at height -i. The names begin at the edge of the
// picture: set against the frame they would end raggedly in a browser, whose letters are not as wide as ours.
func (ch *chart) rows(names []string, points vg.Length) {
	p := ch.plot
	p.Y.Tick.Marker = plot.ConstantTicks(nil)
	p.Y.Tick.Length, p.Y.LineStyle.Width = 0, 0
	p.Y.Min, p.Y.Max = -float64(len(names))+0.4, 0.6
	style := textStyle(points, ink)
	for _, name := range names {
		ch.left = max(ch.left, 1.12*style.Width(name)+8)
	}
	p.Add(beside{words: names, color: ink, points: points, at: -ch.left})
}

// height is that of a picture with so many rows.
func height(n int, row, rest vg.Length) vg.Length { return vg.Length(n)*row + rest }

// dots is a plotter of equal discs, written as one path: thousands of them stay a small file.
type dots struct {
	plotter.XYs
	color  color.NRGBA
	radius vg.Length
	hollow bool
	shift  vg.Length // upwards
}

// Plot implements plot.Plotter.
func (d dots) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	var path vg.Path
	for _, xy := range d.XYs {
		disc(&path, vg.Point{X: toX(xy.X), Y: toY(xy.Y) + d.shift}, d.radius)
	}
	d.paint(c, path)
}

// Thumbnail implements plot.Thumbnailer.
func (d dots) Thumbnail(c *draw.Canvas) {
	var path vg.Path
	disc(&path, c.Center(), max(d.radius, 2))
	d.paint(*c, path)
}

func (d dots) paint(c draw.Canvas, path vg.Path) {
	if len(path) == 0 {
		return
	}
	if !d.hollow {
		c.SetColor(d.color)
		c.Fill(path)
		return
	}
	c.SetLineStyle(stroke(d.color, 0.8))
	c.Stroke(path)
}

func disc(path *vg.Path, at vg.Point, radius vg.Length) {
	path.Move(vg.Point{X: at.X + radius, Y: at.Y})
	path.Arc(at, radius, 0, 2*math.Pi)
	path.Close()
}

// segments is a plotter of lines between pairs of points, written as one path.
type segments struct {
	from, to plotter.XYs
	style    draw.LineStyle
}

// Plot implements plot.Plotter.
func (s segments) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	var path vg.Path
	for i, a := range s.from {
		path.Move(vg.Point{X: toX(a.X), Y: toY(a.Y)})
		path.Line(vg.Point{X: toX(s.to[i].X), Y: toY(s.to[i].Y)})
	}
	if len(path) == 0 {
		return
	}
	c.SetLineStyle(s.style)
	c.Stroke(path)
}

// Thumbnail implements plot.Thumbnailer.
func (s segments) Thumbnail(c *draw.Canvas) {
	c.StrokeLine2(s.style, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}

// steps is a plotter of many curves of steps at once, written as one path. What lies above the frame runs along its edge.
type steps struct {
	curves [][]float64 // after 0, 1, ... trials
	style  draw.LineStyle
}

// Plot implements plot.Plotter.
func (s steps) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	var path vg.Path
	for _, curve := range s.curves {
		before := 0.0
		for k, v := range curve {
			v = min(max(v, p.Y.Min), p.Y.Max)
			at := vg.Point{X: toX(float64(k)), Y: toY(v)}
			switch {
			case k == 0:
				path.Move(at)
			case v != before:
				path.Line(vg.Point{X: at.X, Y: toY(before)})
				path.Line(at)
			case k == len(curve)-1:
				path.Line(at)
			}
			before = v
		}
	}
	if len(path) == 0 {
		return
	}
	c.SetLineStyle(s.style)
	c.Stroke(path)
}

// Thumbnail implements plot.Thumbnailer.
func (s steps) Thumbnail(c *draw.Canvas) {
	c.StrokeLine2(s.style, c.Min.X, c.Center().Y, c.Max.X, c.Center().Y)
}

// area is a plotter of the room between two curves.
type area struct {
	low, high plotter.XYs
	color     color.NRGBA
}

// Plot implements plot.Plotter.
func (a area) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	var path vg.Path
	place := func(xy plotter.XY) vg.Point {
		return vg.Point{X: toX(xy.X), Y: toY(min(max(xy.Y, p.Y.Min), p.Y.Max))}
	}
	for i, xy := range a.high {
		if i == 0 {
			path.Move(place(xy))
			continue
		}
		path.Line(place(xy))
	}
	for _, xy := range slices.Backward(a.low) {
		path.Line(place(xy))
	}
	if len(path) == 0 {
		return
	}
	path.Close()
	c.SetColor(a.color)
	c.Fill(path)
}

// Thumbnail implements plot.Thumbnailer.
func (a area) Thumbnail(c *draw.Canvas) {
	c.FillPolygon(a.color, []vg.Point{{X: c.Min.X, Y: c.Min.Y}, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
}

// faint is a colour that lets what lies below through.
func faint(c color.NRGBA, alpha uint8) color.NRGBA {
	c.A = alpha
	return c
}

// intervals is a plotter of one interval a row, with a mark at its figure.
type intervals struct {
	row               []float64
	low, figure, high []float64
	colors            []color.NRGBA
	strong            []bool
}

// Plot implements plot.Plotter.
func (v intervals) Plot(c draw.Canvas, p *plot.Plot) {
	toX, toY := p.Transforms(&c)
	within := func(x float64) vg.Length { return toX(min(max(x, p.X.Min), p.X.Max)) }
	for i, row := range v.row {
		y, width, radius := toY(row), vg.Length(1.4), vg.Length(3)
		if v.strong[i] {
			width, radius = 2.4, 4
		}
		c.StrokeLine2(stroke(v.colors[i], width), within(v.low[i]), y, within(v.high[i]), y)
		if x := v.figure[i]; x >= p.X.Min && x <= p.X.Max {
			at := vg.Point{X: toX(x), Y: y}
			c.FillPolygon(v.colors[i], []vg.Point{{X: at.X - radius, Y: at.Y}, {X: at.X, Y: at.Y + radius}, {X: at.X + radius, Y: at.Y}, {X: at.X, Y: at.Y - radius}})
		}
	}
}

// upright is a plotter of one vertical line.
type upright struct {
	x     float64
	style draw.LineStyle
}

// Plot implements plot.Plotter.
func (u upright) Plot(c draw.Canvas, p *plot.Plot) {
	toX, _ := p.Transforms(&c)
	if u.x >= p.X.Min && u.x <= p.X.Max {
		c.StrokeLine2(u.style, toX(u.x), c.Min.Y, toX(u.x), c.Max.Y)
	}
}

// beside is a plotter of a word in every row, outside of the frame.
type beside struct {
	words  []string
	color  color.NRGBA
	points vg.Length // size of the letters
	at     vg.Length // from the right edge of the frame, or from the left one where it is negative
}

// Plot implements plot.Plotter.
func (b beside) Plot(c draw.Canvas, p *plot.Plot) {
	_, toY := p.Transforms(&c)
	style := textStyle(b.points, b.color)
	style.YAlign = draw.YCenter
	x := c.Max.X + b.at
	if b.at < 0 {
		x = c.Min.X + b.at
	}
	for i, word := range b.words {
		c.FillText(style, vg.Point{X: x, Y: toY(-float64(i)) + 1}, word)
	}
}

// ends is a plotter of the names of lines at their ends, moved apart where they would cover each other.
type ends struct {
	at     plotter.XYs
	names  []string
	colors []color.NRGBA
}

// Plot implements plot.Plotter.
func (e ends) Plot(c draw.Canvas, p *plot.Plot) {
	const line = 9.5 // points
	toX, toY := p.Transforms(&c)
	order := make([]int, len(e.at))
	y := make([]vg.Length, len(e.at))
	for i, xy := range e.at {
		order[i], y[i] = i, toY(min(max(xy.Y, p.Y.Min), p.Y.Max))
	}
	slices.SortStableFunc(order, func(i, j int) int {
		switch {
		case y[i] < y[j]:
			return -1
		case y[i] > y[j]:
			return 1
		}
		return 0
	})
	placed := spread(order, y, line, c.Min.Y+4, c.Max.Y-4)
	for k, i := range order {
		style := textStyle(8, e.colors[i])
		style.YAlign = draw.YCenter
		from := toX(e.at[i].X)
		c.StrokeLines(stroke(faint(e.colors[i], 0x90), 0.5), []vg.Point{{X: from, Y: y[i]}, {X: from + 8, Y: placed[k]}})
		c.FillText(style, vg.Point{X: from + 10, Y: placed[k]}, e.names[i])
	}
}

// spread moves heights, lowest first, at least line apart and keeps them between bottom and top as far as they fit.
func spread(order []int, y []vg.Length, line, bottom, top vg.Length) []vg.Length {
	placed := make([]vg.Length, len(order))
	for k, i := range order {
		placed[k] = max(y[i], bottom)
		if k > 0 {
			placed[k] = max(placed[k], placed[k-1]+line)
		}
	}
	ceiling := top
	for k := len(placed) - 1; k >= 0; k-- {
		placed[k] = min(placed[k], ceiling)
		ceiling = placed[k] - line
	}
	return placed
}

// swarm spreads dots of one row upright so that equal values do not hide each other, by their order alone. room is half of what
// a row may take.
func swarm(x []float64, row, bin, room float64) plotter.XYs {
	n := map[int]int{}
	var most int
	for _, v := range x {
		k := int(math.Floor(v / bin))
		n[k]++
		most = max(most, n[k])
	}
	step := min(0.13, 2*room/float64(max(1, most)))
	seen := map[int]int{}
	xys := make(plotter.XYs, len(x))
	for i, v := range x {
		k := int(math.Floor(v / bin))
		at := seen[k]
		seen[k]++
		offset := step * float64((at+1)/2)
		if at%2 == 1 {
			offset = -offset
		}
		xys[i] = plotter.XY{X: v, Y: row + min(max(offset, -room), room)}
	}
	return xys
}
