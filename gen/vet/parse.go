package vet

import (
	"bytes"
	"errors"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/scanner"
	"strings"
	"unicode"
	"unicode/utf8"
)

// largest is the size of the largest source, in bytes. Mechanisms written by hand have 2 to 8 KB.
const largest = 256 << 10

// Parse is the first gate: a source is text of a bearable size that shows what it is, and one Go file.
func (c *Checker) Parse(src []byte) (Package, []Finding) {
	p := Package{fset: c.fset}
	if findings := readable(src); len(findings) > 0 {
		return p, findings
	}
	// The formatter, too, takes long over what is involved.
	raw, err := parser.ParseFile(c.fset, "mechanism.go", src, parser.SkipObjectResolution)
	if err != nil {
		return p, syntax(err)
	}
	p.file = raw
	if findings := p.bounded(); len(findings) > 0 {
		p.file = nil
		return p, findings
	}
	formatted, err := format.Source(src)
	if err != nil {
		return p, syntax(err)
	}
	if !bytes.HasSuffix(formatted, []byte("\n")) {
		formatted = append(formatted, '\n')
	}
	file, err := parser.ParseFile(c.fset, "mechanism.go", formatted, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return p, syntax(err)
	}
	p.Source, p.Hash, p.Name, p.file = formatted, hash(formatted), file.Name.Name, file
	return p, tidy(p.names())
}

// names reports what may not be a name.
func (p *Package) names() []Finding {
	var findings []Finding
	ast.Inspect(p.file, func(n ast.Node) bool {
		id, ok := n.(*ast.Ident)
		switch {
		case ok && !ascii(id.Name):
			findings = append(findings, p.finding("parse", "text", id.Pos(), fmt.Sprintf("the name %s has letters outside ASCII, which may look like others: spell it out, as in sigma for σ", id.Name)))
		case ok && strings.HasPrefix(id.Name, "zz"):
			findings = append(findings, p.finding("parse", "text", id.Pos(), fmt.Sprintf("the name %s begins with zz, as generated code does: choose another name", id.Name)))
		}
		return true
	})
	return findings
}

// readable reports what a reader of the source would not see, and a size nobody reads.
func readable(src []byte) []Finding {
	whole := func(format string, args ...any) []Finding {
		return []Finding{{Gate: "parse", Rule: "text", Message: fmt.Sprintf(format, args...)}}
	}
	switch {
	case len(bytes.TrimSpace(src)) == 0:
		return whole("the source is empty: answer with one complete Go file in a fenced block marked go")
	case len(src) > largest:
		return whole("the source has %d bytes, want at most %d: write one mechanism in one file", len(src), largest)
	case !utf8.Valid(src):
		return whole("the source is not UTF-8: write it in UTF-8")
	}
	line := 1
	for _, r := range string(src) {
		if r == '\n' {
			line++
		}
		if r != '\n' && r != '\t' && r != '\r' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029') {
			return []Finding{{Gate: "parse", Rule: "text", Line: line, Message: fmt.Sprintf("the source has the invisible character %U: remove it, or write it as an escape in a string", r)}}
		}
	}
	return nil
}

// syntax turns the parser's errors into findings.
func syntax(err error) []Finding {
	var list scanner.ErrorList
	if !errors.As(err, &list) {
		return []Finding{{Gate: "parse", Rule: "syntax", Message: err.Error()}}
	}
	var findings []Finding
	for _, e := range list {
		findings = append(findings, Finding{Gate: "parse", Rule: "syntax", Line: e.Pos.Line, Column: e.Pos.Column, Message: e.Msg})
	}
	return tidy(findings)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
