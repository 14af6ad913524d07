package text

import (
	"fmt"
	"go/parser"
	"go/token"
	"strings"
)

// Of returns the part of a doc.go that describes the analyzer: the text below the heading "Analyzer NAME", which begins
// with "NAME: " and one line. A doc.go without it is a programmer's mistake.
func Of(source, name string) string {
	f, err := parser.ParseFile(token.NewFileSet(), "doc.go", source, parser.PackageClauseOnly|parser.ParseComments)
	if err != nil {
		panic(fmt.Sprintf("text of analyzer %s: %v", name, err))
	}
	_, words, found := strings.Cut(f.Doc.Text(), "# Analyzer "+name+"\n\n")
	words, begins := strings.CutPrefix(words, name+": ")
	if !found || !begins {
		panic(fmt.Sprintf("text of analyzer %s: doc.go has no heading \"Analyzer %s\" followed by \"%s: \"", name, name, name))
	}
	return strings.TrimSpace(words)
}
