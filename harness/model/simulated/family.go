package simulated

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"text/template"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

//go:embed families/*.tmpl
var sources embed.FS

var programs = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("families").Option("missingkey=error").ParseFS(sources, "families/*.tmpl"))
})

// A family is a kind of mechanism that the simulated model can write.
type family struct {
	name   string
	types  []string // names the mechanism's type may have
	ideas  []string // ends of "searches by ..."
	spec   templates.Spec
	score  func(analysis) float64 // how well it answers the trace, about 0 to 5
	reason func(analysis) string
	// values are the constants and the structure of one program, from the trace and from chance.
	values func(analysis, *rand.Rand) map[string]any
}

// A choice is a family with its score on this occasion.
type choice struct {
	family
	score float64
}

// rank returns the families that were not tried before, the most promising first. Seeds differ in taste by up to one point.
func rank(f model.Facts, a analysis) []choice {
	rng := level2(f, "taste")
	var list []choice
	for _, fam := range families {
		c := choice{fam, fam.score(a) + rng.Float64()}
		tried := sameName(f.Mechanism, fam.name)
		for _, t := range f.Tried {
			tried = tried || sameName(t.Name, fam.name)
		}
		if !tried {
			list = append(list, c)
		}
	}
	slices.SortStableFunc(list, func(x, y choice) int {
		switch {
		case x.score > y.score:
			return -1
		case x.score < y.score:
			return 1
		}
		return 0
	})
	return list
}

// level2 returns a stream of one cycle: the rounds of a dialogue agree because they draw from the same.
func level2(f model.Facts, purpose string) *rand.Rand {
	return mechanisms.Stream(f.RunSeed, f.Cycle, "simulated level 2 "+purpose)
}

// sameName reports whether a mechanism's name, which may have lost its hyphens and gained a hash, is of this family.
func sameName(name, fam string) bool { return strings.HasPrefix(letters(name), letters(fam)) }

func letters(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(s))
}

func familyNamed(name string) (family, bool) {
	for _, f := range families {
		if letters(name) != "" && sameName(name, f.name) {
			return f, true
		}
	}
	return family{}, false
}

// write returns the family's program with these values. The values come from this package, so an error is a programmer's
// mistake, found by the test that writes every family many times.
func (fam family) write(values map[string]any) string {
	var b bytes.Buffer
	if err := programs().ExecuteTemplate(&b, fam.name+".go.tmpl", values); err != nil {
		panic(fmt.Sprintf("simulated model: write %s: %v", fam.name, err))
	}
	src, err := format.Source(b.Bytes())
	if err != nil {
		panic(fmt.Sprintf("simulated model: write %s: %v\n%s", fam.name, err, b.Bytes()))
	}
	return string(src)
}

// draw completes the values that every family has.
func (fam family) draw(a analysis, rng *rand.Rand) map[string]any {
	values := fam.values(a, rng)
	values["Type"] = oneOf(rng, fam.types...)
	values["Idea"] = oneOf(rng, fam.ideas...)
	return values
}

func oneOf[T any](rng *rand.Rand, options ...T) T { return options[rng.IntN(len(options))] }

// between draws a number and writes it with two digits.
func between(rng *rand.Rand, lo, hi float64) string { return digits(lo + (hi-lo)*rng.Float64()) }
