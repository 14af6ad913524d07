package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"go/scanner"
	"go/token"
	"html/template"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Paper is a mechanism with what the gates said of it.
type Paper struct {
	store.Mechanism
	Rehearsal *Rehearsal // of one that passed; nil otherwise
	Faults    []Fault    // of one that was refused
	Unread    string     // findings in a form this program does not know, as recorded
	Steps     []Step
	Rounds    []Round // of the dialogue that brought it forth, empty for a refused one
}

// A Rehearsal is what the new mechanism did beside the old one before it came into charge: the form in which package gen
// records it.
type Rehearsal struct {
	Decisions int       `json:"decisions"` // asked of both
	Differs   int       `json:"differs"`   // where they decided otherwise
	Examples  []Example `json:"examples"`
	Next      string    `json:"next"` // what it would have proposed then
	Replay    *Replay   `json:"replay"`
}

// A Replay is what it did where outcomes are known beforehand: the form in which package gen records it. A record made before
// that gate has none.
type Replay struct {
	Surfaces   []Tally       `json:"surfaces"`
	Harm       surfaces.Harm `json:"harm"`
	Uncompared []string      `json:"uncompared"` // earlier mechanisms that were not compared with
}

// A Tally counts decisions on one family of surfaces.
type Tally struct {
	Family    string `json:"family"`
	Decisions int    `json:"decisions"` // asked of both
	Differs   int    `json:"differs"`   // where they decided otherwise
}

// Allowed is how much more than greedy a mechanism may lose where nothing can be gained, in standard deviations of the noise.
func (Replay) Allowed() float64 { return surfaces.HarmBound }

// An Example is a decision that the two mechanisms took otherwise.
type Example struct {
	Where string `json:"where"` // trace or landscape
	Seq   int    `json:"seq"`
	What  string `json:"what"` // proposal or verdict
	Is    string `json:"is"`
	Was   string `json:"was"`
}

// A Fault is one finding of the gates.
type Fault struct {
	Gate    string `json:"gate"`
	Rule    string `json:"rule"`
	Line    int    `json:"line"` // of the source; 0 when it is about the whole
	Message string `json:"message"`
}

// A Round is one question of the dialogue and its answer.
type Round struct {
	Purpose   string `json:"purpose"`
	Reply     string `json:"reply"`
	Model     string `json:"model"`
	Simulated bool   `json:"simulated"`
	Problem   string `json:"problem"` // why the reply could not be used
}

// Papers returns every mechanism that level 2 brought forth, in order.
func (r *Run) Papers() []Paper {
	papers := make([]Paper, len(r.Mechanisms))
	for i, m := range r.Mechanisms {
		papers[i] = read(m)
		papers[i].Steps = r.steps[m.Name]
		for _, c := range r.Cycles {
			if c.N == m.Cycle && c.Mechanism == m.Name {
				papers[i].Rounds = rounds(c)
			}
		}
	}
	return papers
}

// Service says what a mechanism did in charge, and what became of it; empty for one that never was.
func (r *Run) Service(name string) string {
	t := evolve.Influence(r.Tenures, name)
	if t.From < 0 {
		return ""
	}
	text := fmt.Sprintf("from trial %d; %s, which changed the incumbent by %+.6f %s", t.From, plural(t.Proposals, "proposal"), r.Own(0-t.Gain), r.Measure())
	if t.Compared > 0 {
		text += fmt.Sprintf("; %d of %d decisions were not those of %s", t.Differed, t.Compared, t.Shadow)
	}
	end := "in charge at the end"
	for _, x := range r.Switches {
		switch {
		case x.To == name:
			end = "in charge at the end"
		case x.From == name && x.Kind == store.HandOver:
			end = fmt.Sprintf("handed over to %s before trial %d", x.To, x.Seq)
		case x.From == name:
			end = fmt.Sprintf("taken out before trial %d (%s): %s", x.Seq, x.Kind, x.Why)
		}
	}
	return text + "; " + end
}

func read(m store.Mechanism) Paper {
	p := Paper{Mechanism: m}
	if len(m.Findings) == 0 || string(m.Findings) == "null" {
		return p
	}
	if m.Findings[0] == '{' {
		var r Rehearsal
		if json.Unmarshal(m.Findings, &r) == nil && r.Decisions > 0 {
			p.Rehearsal = &r
			return p
		}
	} else if json.Unmarshal(m.Findings, &p.Faults) == nil {
		return p
	}
	p.Unread = string(m.Findings)
	return p
}

// rounds reads a dialogue; one in another form is left out here, and stands in `bilevel show --json`.
func rounds(c store.Cycle) []Round {
	var all []Round
	if json.Unmarshal(c.Dialogue, &all) != nil {
		return nil
	}
	return all
}

// Talk returns the dialogue of a cycle that brought no mechanism into charge.
func (r *Run) Talk(c store.Cycle) []Round {
	if c.Mechanism != "" {
		return nil // it stands with its mechanism
	}
	return rounds(c)
}

// highlight marks comments, strings and keywords of Go source. Text that does not scan as Go stays plain from there on.
func highlight(source string) template.HTML {
	var b bytes.Buffer
	var s scanner.Scanner
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(source))
	faulty := false
	s.Init(file, []byte(source), func(token.Position, string) { faulty = true }, scanner.ScanComments)
	at := 0
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF || faulty {
			break
		}
		kind := ""
		switch {
		case tok == token.COMMENT:
			kind = "c"
		case tok == token.STRING || tok == token.CHAR:
			kind = "s"
		case tok.IsKeyword():
			kind = "k"
		}
		from := file.Offset(pos)
		if kind == "" || from < at || !strings.HasPrefix(source[from:], lit) {
			continue
		}
		template.HTMLEscape(&b, []byte(source[at:from]))
		fmt.Fprintf(&b, `<span class="%s">%s</span>`, kind, template.HTMLEscapeString(lit))
		at = from + len(lit)
	}
	template.HTMLEscape(&b, []byte(source[at:]))
	return template.HTML(b.String())
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
