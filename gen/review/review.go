package review

import (
	"context"
	"errors"
	"fmt"
	"go/format"
	"slices"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// yardsticks are the mechanisms by hand that every other is measured beside.
var yardsticks = []string{"greedy", "foldover", "random"}

// A Review is what was found out about a subject.
type Review struct {
	Subject    Subject
	Report     gen.Report
	Searches   int    // for each figure
	Rows       []Row  // the subject's own figures first; none when it was not measured
	Unmeasured string // why not
	Verdict    Verdict
}

// A Row is one mechanism's figures.
type Row struct {
	Name    string
	Figures []surfaces.Figures // in the order of surfaces.Families
	// Against is the subject's figures compared with these, by family; nil in the subject's own row. A difference below 0
	// means that the subject ends lower.
	Against []surfaces.Comparison
}

// Options say how a review is made.
type Options struct {
	Searches int            // for each figure; 0 means 25
	Step     func(gen.Step) // told of every gate as it begins and ends; may be nil
}

// Make passes the subject through every gate and measures it. The error is about this machine, not about the subject.
func Make(ctx context.Context, p *gen.Pipeline, s Subject, o Options) (Review, error) {
	if o.Searches == 0 {
		o.Searches = 25
	}
	if o.Step == nil {
		o.Step = func(gen.Step) {}
	}
	// Findings and hashes are of the source after gofmt. One in a folder is to be so already.
	if formatted, err := format.Source([]byte(s.Source)); err == nil && s.glue == nil {
		s.Source = string(formatted)
	}
	r := Review{Subject: s, Searches: o.Searches}
	var err error
	r.Report, err = p.Test(ctx, []byte(s.Source), gen.Examination{
		Idea: s.idea(), Against: s.Parent.Name, Source: s.Parent.Source, Welcome: welcome(s), Written: s.written(), Step: o.Step,
	})
	if err != nil {
		return r, fmt.Errorf("review %s: %w", s.Name, err)
	}
	if r.Subject.Name == "" {
		r.Subject.Name = r.Report.Name
	}
	if err := r.checkGlue(); err != nil {
		return r, fmt.Errorf("review %s: %w", r.Subject.Name, err)
	}
	if r.Report.OK() {
		o.Step(gen.Step{Name: "benchmark", Running: true})
		if err := r.measure(ctx, p, o.Searches); err != nil {
			return r, fmt.Errorf("review %s: %w", r.Subject.Name, err)
		}
	} else {
		r.Unmeasured = "it did not pass the gates"
	}
	r.Verdict = judge(r)
	return r, nil
}

// measure fills the table. All mechanisms search the same instances, which are drawn from the hash of the subject's source.
func (r *Review) measure(ctx context.Context, p *gen.Pipeline, searches int) error {
	seeds, err := surfaces.Seeds(searches, mechanisms.Entry{Name: r.Report.Name, Hash: r.Report.Hash})
	if err != nil {
		return err
	}
	order := surfaces.Order{Proposer: "rut", Seeds: seeds}
	for _, f := range surfaces.Families {
		order.Families = append(order.Families, f.Name)
	}
	b, err := p.Benchmark(ctx, *r.Report.Binary, order)
	if f, ok := errors.AsType[*gen.UnmeasuredError](err); ok {
		r.Unmeasured = f.Error()
		return nil
	}
	if err != nil {
		return err
	}
	r.Rows = append(r.Rows, Row{Name: r.Subject.Name, Figures: b.Current.Figures})
	if b.Shadow != nil {
		r.Rows = append(r.Rows, Row{Name: b.Shadow.Name, Figures: b.Shadow.Figures})
	}
	if err := r.beside(order); err != nil {
		return err
	}
	for i := 1; i < len(r.Rows); i++ {
		for k, g := range r.Rows[i].Figures {
			c, err := surfaces.Pair(b.Current.Figures[k], g)
			if err != nil {
				return err
			}
			r.Rows[i].Against = append(r.Rows[i].Against, c)
		}
	}
	return nil
}

// beside adds the yardsticks that are not in the table yet.
func (r *Review) beside(o surfaces.Order) error {
	for _, name := range yardsticks {
		if slices.ContainsFunc(r.Rows, func(row Row) bool { return row.Name == name }) {
			continue
		}
		e, err := catalog.Find(name)
		if err != nil {
			return err
		}
		figures, err := o.Measure(e)
		if err != nil {
			return err
		}
		r.Rows = append(r.Rows, Row{Name: name, Figures: figures})
	}
	return nil
}
