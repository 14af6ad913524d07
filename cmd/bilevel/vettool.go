package main

import (
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/tools/go/analysis/unitchecker"

	"github.com/seed161a02ea/bilevel/gen/vet"
)

// calledByGoVet reports whether a command line is one that go vet gives to its -vettool: it asks for the tool's version and
// for its flags, and then has it look at one package after another, which a file vet.cfg describes.
func calledByGoVet(args []string) bool {
	if len(args) < 2 {
		return false
	}
	flags, last := args[1:len(args)-1], args[len(args)-1]
	if slices.ContainsFunc(flags, func(a string) bool { return !strings.HasPrefix(a, "-") }) {
		return false
	}
	return len(flags) == 0 && (last == "-V=full" || last == "-flags") || filepath.Base(last) == "vet.cfg"
}

// vettool is the suite of analyzers as go vet runs it. It does not return.
func vettool() { unitchecker.Main(vet.Tool()...) }
