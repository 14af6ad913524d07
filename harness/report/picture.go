package report

import (
	"bytes"
	"fmt"
	"image/color"
	"regexp"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// A Picture is one figure of a report.
type Picture struct {
	Name    string // of its file, without ending
	Title   string
	Alt     string // what it shows, in words
	Caption string // how to read it; may be empty

	wide, narrow size // in points; narrow is zero where one form serves a phone too
	draw         func(narrow bool) (chart, error)
}

// Pictures returns every picture of the run, in the order of the page.
func (r *Run) Pictures() []Picture {
	all := append([]Picture{r.progressPicture()}, r.parameterPictures()...)
	for _, more := range []func() (Picture, bool){r.curvesPicture, r.ledgerPicture} {
		if p, ok := more(); ok {
			all = append(all, p)
		}
	}
	return all
}

type size struct{ w, h vg.Length }

// chart is a plot with its legend, which stands below it: within, it would hide trials.
type chart struct {
	plot   *plot.Plot
	legend []entry
	left   vg.Length // room beside the frame, for words in it
	right  vg.Length
	top    vg.Length // and above it, below the title
}

type entry struct {
	name   string
	thumbs []plot.Thumbnailer
}

// The colours of every picture. In the page each follows the reader's light or dark setting through the style sheet's
// variable of the same name; in a file of its own a picture is on white.
var (
	ink     = color.NRGBA{0x1B, 0x1F, 0x24, 0xFF}
	paper   = color.NRGBA{0xFF, 0xFF, 0xFF, 0xFF}
	rule    = color.NRGBA{0xE3, 0xE6, 0xEA, 0xFF}
	discard = color.NRGBA{0x8F, 0x98, 0xA1, 0xFF}
	keep    = color.NRGBA{0x1A, 0x7F, 0x37, 0xFF}
	fail    = color.NRGBA{0xCF, 0x22, 0x2E, 0xFF}
	steer   = color.NRGBA{0x82, 0x50, 0xDF, 0xFF}
	handed  = color.NRGBA{0x09, 0x69, 0xDA, 0xFF}
	person  = color.NRGBA{0x9A, 0x67, 0x00, 0xFF}
	soft    = color.NRGBA{0x57, 0x60, 0x6A, 0xFF}

	variables = map[color.NRGBA]string{ink: "ink", paper: "paper", rule: "rule", discard: "discard", keep: "keep", fail: "fail", steer: "steer", handed: "handed", person: "person", soft: "soft"}
)

// family is what that both backends have metrics of; browsers fall back on what is cut to the same widths.
const family = "Liberation"

func textFont(points vg.Length) font.Font {
	return font.Font{Typeface: family, Variant: "Sans", Size: points}
}

func textStyle(points vg.Length, c color.Color) draw.TextStyle {
	return draw.TextStyle{Color: c, Font: textFont(points), Handler: plot.DefaultTextHandler}
}

// newPlot is an empty plot in the report's style.
func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.BackgroundColor = nil
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Title.TextStyle = textStyle(10, ink)
	p.Title.TextStyle.XAlign, p.Title.TextStyle.YAlign = draw.XCenter, draw.YTop
	p.Title.Padding = 4
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Color, a.Tick.Color, a.Label.TextStyle.Color, a.Tick.Label.Color = ink, ink, ink, ink
		a.Label.TextStyle.Font, a.Tick.Label.Font = textFont(9), textFont(8)
		a.LineStyle.Color, a.Tick.LineStyle.Color = ink, ink
		a.Tick.Marker = evenTicks{}
	}
	return p
}

// SVG draws the picture as a file of its own.
func (p Picture) SVG() ([]byte, error) { return p.svg(false) }

func (p Picture) svg(narrow bool) ([]byte, error) {
	at := p.wide
	if narrow {
		at = p.narrow
	}
	c := vgsvg.New(at.w, at.h)
	if err := p.on(c, narrow); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("draw %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

// PNG draws the picture at twice the size in points.
func (p Picture) PNG() ([]byte, error) {
	c := vgimg.PngCanvas{Canvas: vgimg.NewWith(vgimg.UseWH(p.wide.w, p.wide.h), vgimg.UseDPI(144), vgimg.UseBackgroundColor(paper))}
	if err := p.on(c, false); err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return nil, fmt.Errorf("draw %s: %w", p.Name, err)
	}
	return b.Bytes(), nil
}

func (p Picture) on(sized vg.CanvasSizer, narrow bool) error {
	ch, err := p.draw(narrow)
	if err != nil {
		return fmt.Errorf("draw %s: %w", p.Name, err)
	}
	c := draw.New(sized)
	c.FillPolygon(paper, []vg.Point{c.Min, {X: c.Max.X, Y: c.Min.Y}, c.Max, {X: c.Min.X, Y: c.Max.Y}})
	below := drawLegend(c, ch.legend)
	ch.plot.Title.Padding += ch.top
	if ch.plot.Title.Text == "" { // which has no padding then
		c = draw.Crop(c, 0, 0, 0, -ch.top)
	}
	ch.plot.Draw(draw.Crop(c, 2+ch.left, -6-ch.right, below, -2))
	return nil
}

// drawLegend writes the entries along the bottom, in as many lines as they need, and returns the height it took.
func drawLegend(c draw.Canvas, entries []entry) vg.Length {
	const line, thumb, gap, edge = 13, 18, 5, 14 // points
	style := textStyle(8.5, ink)
	style.YAlign = draw.YCenter
	type place struct {
		x   vg.Length
		row int
	}
	places := make([]place, len(entries))
	x, row := vg.Length(edge), 0
	for i, e := range entries {
		width := thumb + gap + 1.15*style.Width(e.name) // a browser without the font sets a wider one
		if x > edge && x+width > c.Size().X-edge {
			x, row = edge, row+1
		}
		places[i] = place{x, row}
		x += width + 2*gap
	}
	if len(entries) == 0 {
		return 2
	}
	for i, e := range entries {
		y := c.Min.Y + 4 + line*vg.Length(row-places[i].row)
		left := c.Min.X + places[i].x
		box := c
		box.Rectangle = vg.Rectangle{Min: vg.Point{X: left, Y: y}, Max: vg.Point{X: left + thumb, Y: y + line - 2}}
		for _, t := range e.thumbs {
			t.Thumbnail(&box)
		}
		c.FillText(style, vg.Point{X: left + thumb + gap, Y: y + (line-2)/2}, e.name)
	}
	return 8 + line*vg.Length(row+1)
}

var (
	prelude  = regexp.MustCompile(`(?s)^.*?<svg [^>]*viewBox="([^"]*)"[^>]*>`)
	hexColor = regexp.MustCompile(`#[0-9A-F]{6}`)
	fontName = regexp.MustCompile(`font-family:[^;"]*;font-variant:[^;"]*;font-weight:[^;"]*;font-style:[^;"]*;?`)
)

// inline is the picture as part of a page: it scales with its column, and its colours are variables of the style sheet.
func (p Picture) inline(narrow bool) (string, error) {
	b, err := p.svg(narrow)
	if err != nil {
		return "", err
	}
	s := prelude.ReplaceAllString(string(b), `<svg viewBox="$1" role="img">`)
	s = hexColor.ReplaceAllStringFunc(s, func(hex string) string {
		if name, ok := cssNames[hex]; ok {
			return "var(--" + name + "," + hex + ")"
		}
		return hex
	})
	return strings.TrimSpace(fontName.ReplaceAllString(s, "")), nil
}

// faintest is the least alpha that a colour of a picture may have: below it rounding makes colours unlike themselves.
const faintest = 0x20

// cssNames finds a colour by what the SVG backend writes for it: it divides by the alpha and cuts off, so that the channels of one
// that lets light through can be lower than they were given, each alpha's others.
var cssNames = func() map[string]string {
	names := map[string]string{}
	for c, name := range variables {
		for alpha := faintest; alpha <= 0xFF; alpha++ {
			c.A = uint8(alpha)
			r, g, b, a := c.RGBA()
			scale := 255 / float64(a)
			names[fmt.Sprintf("#%02X%02X%02X", int(float64(r)*scale), int(float64(g)*scale), int(float64(b)*scale))] = name
		}
	}
	return names
}()
