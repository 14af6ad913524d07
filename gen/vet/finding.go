package vet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Finding is what is wrong with a source. Its text alone suffices to mend it.
type Finding struct {
	Gate    string `json:"gate"` // the step that found it: parse, typecheck or vet here
	Rule    string `json:"rule"` // the analyzer or check
	Line    int    `json:"line"` // in the source after gofmt, from 1; 0 when the finding is about the whole
	Column  int    `json:"column"`
	Message string `json:"message"`
}

func (f Finding) String() string {
	if f.Line == 0 {
		return fmt.Sprintf("%s: %s", f.Rule, f.Message)
	}
	return fmt.Sprintf("line %d: %s: %s", f.Line, f.Rule, f.Message)
}

// most is how many findings of one gate are told: more would not be read.
const most = 20

// tidy sorts findings by place, drops repetitions, and keeps the first ones.
func tidy(findings []Finding) []Finding {
	slices.SortFunc(findings, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), strings.Compare(a.Rule, b.Rule), strings.Compare(a.Message, b.Message))
	})
	findings = slices.Compact(findings)
	return findings[:min(len(findings), most)]
}
