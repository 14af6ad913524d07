package review

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// The sections of a page, in order. One that has nothing to say writes nothing.
var sections = []func(*page, Review){
	(*page).head, (*page).claims, (*page).decides, (*page).gates, (*page).benchmark, (*page).service, (*page).provenance, (*page).source,
}

// Page writes the review as Markdown.
func (r Review) Page() []byte {
	var p page
	for _, section := range sections {
		section(&p, r)
	}
	return p.Bytes()
}

type page struct{ bytes.Buffer }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) heading(text string) { p.line("\n## %s\n", text) }

// row writes a row of a table; what others wrote cannot leave its cell.
func (p *page) row(cells ...string) {
	for _, c := range cells {
		p.WriteString("| " + plain(c) + " ")
	}
	p.WriteString("|\n")
}

func (p *page) table(names ...string) {
	p.row(names...)
	p.line("|%s", strings.Repeat("---|", len(names)))
}

// block writes text that others wrote behind a fence that the text cannot close.
func (p *page) block(language, text string) {
	fence := "```"
	for strings.Contains(text, fence) {
		fence += "`"
	}
	p.line("%s%s\n%s\n%s", fence, language, strings.TrimRight(text, "\n"), fence)
}

// plain makes one line of text that Markdown leaves as it is.
func plain(text string) string {
	return strings.NewReplacer("\n", " ", "\r", " ", "|", `\|`, "<", "&lt;", "`", "'", "[", `\[`, "@", "@\u200b").Replace(text)
}

func (p *page) head(r Review) {
	p.line("# %s\n", plain(cmp.Or(r.Subject.Name, "a source without a name")))
	if idea := cmp.Or(r.Subject.Idea, r.Report.Doc); idea != "" {
		p.line("%s\n", plain(idea))
	}
	p.line("**Verdict: %s.**\n", r.Verdict.Word)
	for _, reason := range r.Verdict.Reasons {
		p.line("- %s", plain(reason))
	}
}

func (p *page) claims(r Review) {
	if r.Subject.Spec == "" {
		return
	}
	p.heading("What it claims")
	p.line("Its author's specification, as written before the source:\n")
	language := ""
	if json.Valid([]byte(r.Subject.Spec)) {
		language = "json"
	}
	p.block(language, r.Subject.Spec)
}

func (p *page) decides(r Review) {
	x := r.Report.Rehearsal
	if x == nil {
		return
	}
	p.heading("What it decides otherwise")
	trials := len(r.Subject.View.Trials)
	p.line("Asked about %d recorded trials and in a search on a made-up landscape, it took %d of %d decisions otherwise than %s.\n", max(0, trials-1), x.Differs, x.Decisions, cmp.Or(r.Subject.Parent.Name, "nobody"))
	if len(x.Examples) > 0 {
		p.table("view", "decision", "it decides", cmp.Or(r.Subject.Parent.Name, "the other")+" decides")
		for _, e := range x.Examples {
			p.row(fmt.Sprintf("%s, trial %d", e.Where, e.Seq), e.What, e.Is, e.Was)
		}
	}
	if x.Next != "" {
		p.line("\nNext it would propose: %s.", plain(x.Next))
	}
}

func (p *page) gates(r Review) {
	p.heading("Gates")
	p.table("gate", "result", "")
	for _, s := range r.Report.Steps {
		result, detail := "passed", s.Detail
		if !s.OK {
			result = "refused"
		}
		if s.Name == "build" && s.OK { // the step says whether it was cached
			detail = fmt.Sprintf("%d KiB", r.Report.Binary.Size>>10)
		}
		p.row(s.Name, result, detail)
	}
	for _, f := range r.Report.Findings {
		p.line("\n- %s", plain(f.String()))
	}
}

func (p *page) service(r Review) {
	s := r.Subject.Service
	if s == nil {
		return
	}
	p.heading("In its run")
	did := "did not change the incumbent"
	if s.Gain != 0 {
		value := r.Subject.View.Space.Measure
		did = fmt.Sprintf("changed the incumbent by %+.4f %s (%s is better)", value.Own(-s.Gain), plain(value.String()), value.Better())
	}
	p.line("It took charge from trial %d and made %s, which %s. ", s.From, count(s.Proposals, "proposal"), did)
	if s.Shadow != "" {
		p.line("Of %d decisions that %s was asked about as well, %d were taken otherwise. ", s.Compared, plain(s.Shadow), s.Differed)
	}
	p.line("What became of it: %s.", plain(s.Fate))
}

func (p *page) provenance(r Review) {
	p.heading("Provenance")
	p.table("", "")
	p.row("source", "sha256 "+r.Report.Hash)
	parent, relation := r.Subject.Parent, "compared with"
	if r.Subject.Origin != nil {
		relation = "written to replace"
	}
	if parent.Source != "" {
		p.row(relation, fmt.Sprintf("%s, sha256 %s", parent.Name, hash(parent.Source)))
	} else if parent.Name != "" {
		p.row(relation, parent.Name+", written by hand")
	}
	if b := r.Report.Binary; b != nil {
		p.row("runner, built for this page", fmt.Sprintf("sha256 %s, %s, sources %.12s", b.Hash, b.Record.Toolchain, b.Record.Snapshot))
	}
	o := r.Subject.Origin
	if o == nil {
		p.row("author", "not recorded")
		return
	}
	author := o.Model
	if o.Simulated {
		author += " (SIMULATED: no language model took part)"
	}
	p.row("author", author)
	p.row("run", fmt.Sprintf("%s, seed %d, cycle %d of level 2, task %s, space %.12s", o.Run, o.Seed, o.Cycle, o.Task, o.Space))
	p.row("made by", "bilevel "+o.Program)
	p.row("runner, in its run", o.built(r.Report.Binary))
}

// built says whether the runner can be made again.
func (o *Origin) built(now *build.Binary) string {
	var was build.Record
	if json.Unmarshal(o.Build, &was) != nil || was.Hash == "" {
		return "sha256 " + cmp.Or(o.Binary, "not recorded")
	}
	text := fmt.Sprintf("sha256 %s, %s, sources %.12s", was.Hash, was.Toolchain, was.Snapshot)
	switch {
	case now == nil:
	case now.Hash == was.Hash:
		text += ": the same bytes"
	case now.Record.Toolchain == was.Toolchain && now.Record.Snapshot == was.Snapshot:
		text += ": other bytes, from the same toolchain and sources"
	default:
		text += ": other bytes, by another toolchain or from other sources"
	}
	return text
}

// source prints the source as it is, or, with findings, with each below its line.
func (p *page) source(r Review) {
	p.heading("Source")
	if len(r.Report.Findings) == 0 {
		p.block("go", r.Subject.Source)
		return
	}
	var b strings.Builder
	n := 0
	for text := range strings.Lines(r.Subject.Source) {
		n++
		fmt.Fprintf(&b, "%4d  %s\n", n, strings.TrimRight(text, "\n"))
		for _, f := range r.Report.Findings {
			if f.Line == n {
				fmt.Fprintf(&b, "      ^ %s: %s\n", f.Rule, f.Message)
			}
		}
	}
	p.block("", b.String())
}

// interval is a difference with its bounds.
func interval(c surfaces.Comparison) string {
	return fmt.Sprintf("%+.3f [%+.3f, %+.3f]", c.Difference, c.Low, c.High)
}

// probability is a p as far as resampling tells it.
func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func welcome(s Subject) wire.Welcome { return wire.Welcome{View: s.View} }
