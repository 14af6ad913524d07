package report

import (
	"bytes"
	_ "embed" // the page's template and style
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

//go:embed page.html
var pageText string

//go:embed figure.html
var figureText string // a picture in a page

//go:embed style.css
var styleText string

// A Live makes the page of a run that goes on.
type Live struct {
	Script   template.JS  // the one script of the page
	Nonce    string       // lets it run
	Waiting  []guide.Word // said by persons and not heard by the run yet
	MaxBytes int          // of one text
}

// page is what the template sees.
type page struct {
	*Run
	Style      template.CSS
	Live       *Live
	Progress   figure
	Parameters []figure
	Curves     *figure
	Influence  *figure
}

// figure is a picture in the page; Narrow is empty where Wide serves a phone too.
type figure struct {
	Picture
	Wide, Narrow template.HTML
}

// Page writes the report as one HTML file. With live it is the page that package live serves; nil makes the file, which
// holds no script and forbids itself any request.
func (r *Run) Page(w io.Writer, live *Live) error {
	p := page{Run: r, Style: template.CSS(styleText), Live: live}
	for _, pic := range r.Pictures() {
		f, err := figureOf(pic)
		if err != nil {
			return err
		}
		switch pic.Name {
		case "progress":
			p.Progress = f
		case "curves":
			p.Curves = &f
		case "influence":
			p.Influence = &f
		default:
			p.Parameters = append(p.Parameters, f)
		}
	}
	var b bytes.Buffer // so that an error leaves no half of a page
	if err := pageTemplate().Execute(&b, p); err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func figureOf(p Picture) (figure, error) {
	wide, err := p.inline(false)
	if err != nil {
		return figure{}, err
	}
	f := figure{Picture: p, Wide: template.HTML(wide)} // drawn here; what it quotes of the record was escaped when drawn
	if p.narrow.w > 0 {
		narrow, err := p.inline(true)
		if err != nil {
			return figure{}, err
		}
		f.Narrow = template.HTML(narrow)
	}
	return f, nil
}

// pageTemplate is parsed by whoever makes a page: every start of the tool would pay for it.
var pageTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.Must(template.New("page").Funcs(template.FuncMap{
		"bpb":      func(x float64) string { return fmt.Sprintf("%.6f", x) },
		"signed":   func(x float64) string { return fmt.Sprintf("%+.6f", x) },
		"negative": negative,
		"percent":  func(x float64) string { return fmt.Sprintf("%+.2f %%", 100*x) },
		"exact":    exact,
		"clock":    clock,
		"code":     highlight,
	}).Parse(pageText)).Parse(figureText))
})

// negative turns the sign, of zero too to the usual one.
func negative(x float64) float64 { return 0 - x }

// exact is a figure as the store has it, to the last bit; pages carry it beside the rounded one.
func exact(x float64) string { return strconv.FormatFloat(x, 'g', -1, 64) }

// clock is a duration as people read it.
func clock(d time.Duration) string {
	switch {
	case d >= time.Minute:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return d.Round(10 * time.Microsecond).String()
}

// A Row is one trial of the table.
type Row struct {
	mechanisms.Trial
	Class   string  // kept, discarded, or its status
	Delta   float64 // change against the incumbent it was measured against; NaN where either has no value
	Changed string  // of that incumbent
	Memo    bool    // nothing was trained: an equal trial was on record
}

// HasDelta reports whether Delta is a number.
func (r Row) HasDelta() bool { return !math.IsNaN(r.Delta) }

// Rows are the trials, in Seq order.
func (r *Run) Rows() []Row {
	before := store.Incumbents(r.Trials, r.Restarts)
	rows := make([]Row, len(r.Trials))
	for i, t := range r.Trials {
		rows[i] = Row{Trial: t, Class: class(t), Delta: math.NaN(), Changed: r.changed(before[i], t), Memo: r.Details[t.Seq].Memo}
		if t.OK() && before[i].OK() {
			rows[i].Delta = t.BPB - before[i].BPB
		}
	}
	return rows
}

// Bound reports whether a mechanism bound the model's answer for any trial.
func (r *Run) Bound() bool {
	return slices.ContainsFunc(r.Trials, func(t mechanisms.Trial) bool { return t.Restricted != "" })
}

// Recalled reports whether any trial was known from an equal one.
func (r *Run) Recalled() bool {
	return slices.ContainsFunc(r.Rows(), func(row Row) bool { return row.Memo })
}

// Measured reports that training a point again gave a value.
func (r *Run) Measured(a store.Anchor) bool { return a.Outcome.Status == mechanisms.Complete }

// Moved is how far that value is from the first, with the value's own sign.
func (r *Run) Moved(a store.Anchor) float64 {
	return r.Own(a.Outcome.Result.BPB - r.Trials[a.Of].BPB)
}

func class(t mechanisms.Trial) string {
	switch {
	case !t.OK():
		return string(t.Status)
	case t.Kept:
		return "kept"
	}
	return "discarded"
}

// Base is the baseline; the zero Trial before it is decided.
func (r *Run) Base() mechanisms.Trial {
	if len(r.Trials) == 0 {
		return mechanisms.Trial{}
	}
	return r.Trials[0]
}

// Gain is the change of BPB from the baseline to the best trial, negative is better; and as a share of the baseline, with the
// value's own sign.
func (r *Run) Gain() (g struct{ BPB, Share float64 }) {
	if base, best := r.Base(), r.Best(); base.OK() && best.OK() {
		g.BPB = best.BPB - base.BPB
		if base.BPB != 0 {
			g.Share = r.Own(g.BPB) / math.Abs(base.BPB)
		}
	}
	return g
}

// Won is what the best trial changed of the baseline.
func (r *Run) Won() string {
	if r.Best().Seq == 0 {
		return "nothing: no trial was better than the default"
	}
	return r.Meta.Space.Diff(r.Base().Point, r.Best().Point)
}

// Finished is how many trials after the baseline are decided.
func (r *Run) Finished() int { return max(0, len(r.Trials)-1) }

// InCharge sums the tenures of each mechanism, as `bilevel show` does, in the order they came into charge.
func (r *Run) InCharge() []store.Tenure {
	var sums []store.Tenure
	seen := map[string]bool{}
	for _, t := range r.Tenures {
		if !seen[t.Mechanism] {
			seen[t.Mechanism] = true
			sums = append(sums, evolve.Influence(r.Tenures, t.Mechanism))
		}
	}
	return sums
}
