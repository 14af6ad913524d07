package report

import (
	"bytes"
	_ "embed" // the page's template
	"fmt"
	"html/template"
	"io"
	"slices"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

//go:embed ablation.html
var ablationText string

// ablationPage is what the template sees.
type ablationPage struct {
	*Ablation
	Style    template.CSS
	Forest   *figure // nil where no named contrast has a pair yet
	Parts    []part
	Transfer []figure
}

// A part is what the page has of one profile.
type part struct {
	Profile                   string
	Anytime, Finals, Timeline figure
	Contrasts                 figure
	Reached, Every, Pairs     []figure
	Timelines                 []Timeline
}

// Page writes the report as one HTML file, which holds no script and forbids itself any request.
func (a *Ablation) Page(w io.Writer) error {
	p := ablationPage{Ablation: a, Style: template.CSS(styleText)}
	if len(a.Named()) > 0 {
		f, err := figureOf(a.namedPicture())
		if err != nil {
			return err
		}
		p.Forest = &f
	}
	for _, pictures := range a.profilePictures() {
		x, err := a.partOf(pictures)
		if err != nil {
			return err
		}
		p.Parts = append(p.Parts, x)
	}
	for _, t := range a.Result.Transfer {
		f, err := figureOf(a.transferPicture(t))
		if err != nil {
			return err
		}
		p.Transfer = append(p.Transfer, f)
	}
	var b bytes.Buffer // so that an error leaves no half of a page
	if err := ablationTemplate().Execute(&b, p); err != nil {
		return fmt.Errorf("make report: %w", err)
	}
	_, err := w.Write(b.Bytes())
	return err
}

func (a *Ablation) partOf(pictures profilePictures) (part, error) {
	x := part{Profile: pictures.Profile}
	for _, arm := range a.armsOf(pictures.Profile) {
		if arm.Name != "A" {
			x.Timelines = append(x.Timelines, a.timelineOf(pictures.Profile, arm.Name))
		}
	}
	for _, to := range []struct {
		one  *figure
		all  *[]figure
		from []Picture
	}{
		{one: &x.Anytime, from: []Picture{pictures.Anytime}}, {one: &x.Finals, from: []Picture{pictures.Finals}}, {one: &x.Timeline, from: []Picture{pictures.Timeline}},
		{one: &x.Contrasts, from: []Picture{pictures.Contrasts}},
		{all: &x.Reached, from: pictures.Reached}, {all: &x.Every, from: pictures.Every}, {all: &x.Pairs, from: pictures.Pairs},
	} {
		for _, picture := range to.from {
			f, err := figureOf(picture)
			if err != nil {
				return x, err
			}
			if to.one != nil {
				*to.one = f
				continue
			}
			*to.all = append(*to.all, f)
		}
	}
	return x, nil
}

var ablationTemplate = sync.OnceValue(func() *template.Template {
	return template.Must(template.Must(template.New("ablation").Funcs(template.FuncMap{
		"exact":   exact,
		"regret":  func(x float64) string { return fmt.Sprintf("%.3f", x) },
		"signed":  func(x float64) string { return fmt.Sprintf("%+.3f", x) },
		"change":  func(x float64) string { return fmt.Sprintf("%+.4f", x) },
		"bpb":     func(x float64) string { return fmt.Sprintf("%.4f", x) },
		"share":   func(x float64) string { return fmt.Sprintf("%.0f %%", 100*x) },
		"p":       probability,
		"between": between,
		"counted": Counts.words,

		"negative": negative,
		"plural":   plural,
	}).Parse(ablationText)).Parse(figureText))
})

// Units counts the pairs of a task and a seed that were run within any profile.
func (a *Ablation) Units() int {
	type unit struct {
		profile, task string
		seed          uint64
	}
	seen := map[unit]bool{}
	for _, r := range a.Runs {
		seen[unit{r.Profile, r.Task, r.Seed}] = true
	}
	return len(seen)
}

// Flat counts the runs on formulas whose default is the optimum, which are told apart.
func (a *Ablation) Flat() (n int) {
	for _, h := range a.Harm {
		n += len(h.Losses)
	}
	return n
}

// Looked returns the contrasts that were looked at while the ablation went on.
func (a *Ablation) Looked() []ablate.Contrast {
	var all []ablate.Contrast
	for _, c := range a.Contrasts {
		if len(c.Looks) > 0 {
			all = append(all, c)
		}
	}
	return all
}

// Named returns the contrasts that the ablation was made for.
func (a *Ablation) Named() []ablate.Contrast {
	var all []ablate.Contrast
	for _, c := range a.Contrasts {
		if c.Named {
			all = append(all, c)
		}
	}
	return all
}

// Profiled reports whether there is more than one profile to tell apart.
func (a *Ablation) Profiled() bool { return len(a.Profiles) > 1 }

// A Stated is one of the claims that are kept apart, with what the data say about it, in each profile.
type Stated struct {
	Text string
	Says []ablate.Claim
}

// Stated returns the claims, those of one text together.
func (a *Ablation) Stated() []Stated {
	var all []Stated
	for _, c := range a.Claims {
		i := slices.IndexFunc(all, func(s Stated) bool { return s.Text == c.Text })
		if i < 0 {
			i, all = len(all), append(all, Stated{Text: c.Text})
		}
		all[i].Says = append(all[i].Says, c)
	}
	return all
}
