package vet

import (
	"fmt"
	"runtime"

	"golang.org/x/tools/go/analysis"
	"golang.org/x/tools/go/analysis/checker"
	"golang.org/x/tools/go/analysis/passes/appends"
	"golang.org/x/tools/go/analysis/passes/assign"
	"golang.org/x/tools/go/analysis/passes/bools"
	"golang.org/x/tools/go/analysis/passes/copylock"
	"golang.org/x/tools/go/analysis/passes/defers"
	"golang.org/x/tools/go/analysis/passes/errorsas"
	"golang.org/x/tools/go/analysis/passes/ifaceassert"
	"golang.org/x/tools/go/analysis/passes/nilfunc"
	"golang.org/x/tools/go/analysis/passes/nilness"
	"golang.org/x/tools/go/analysis/passes/printf"
	"golang.org/x/tools/go/analysis/passes/shift"
	"golang.org/x/tools/go/analysis/passes/sortslice"
	"golang.org/x/tools/go/analysis/passes/stdmethods"
	"golang.org/x/tools/go/analysis/passes/stringintconv"
	"golang.org/x/tools/go/analysis/passes/structtag"
	"golang.org/x/tools/go/analysis/passes/unreachable"
	"golang.org/x/tools/go/analysis/passes/unusedresult"
	"golang.org/x/tools/go/analysis/passes/unusedwrite"
	"golang.org/x/tools/go/packages"

	"go/ast"
	"go/types"

	"github.com/seed161a02ea/bilevel/gen/vet/assertions"
	"github.com/seed161a02ea/bilevel/gen/vet/blind"
	"github.com/seed161a02ea/bilevel/gen/vet/concurrency"
	"github.com/seed161a02ea/bilevel/gen/vet/directives"
	"github.com/seed161a02ea/bilevel/gen/vet/endings"
	"github.com/seed161a02ea/bilevel/gen/vet/globals"
	"github.com/seed161a02ea/bilevel/gen/vet/imports"
	"github.com/seed161a02ea/bilevel/gen/vet/maporder"
	"github.com/seed161a02ea/bilevel/gen/vet/purity"
	"github.com/seed161a02ea/bilevel/gen/vet/recursion"
	"github.com/seed161a02ea/bilevel/gen/vet/shape"
	"github.com/seed161a02ea/bilevel/gen/vet/sizes"
	"github.com/seed161a02ea/bilevel/gen/vet/state"
	"github.com/seed161a02ea/bilevel/gen/vet/symbols"
)

// Suite lists the analyzers that a mechanism must pass.
var Suite = []*analysis.Analyzer{
	// What a mechanism is, and what it may reach.
	shape.Analyzer,
	imports.Analyzer,
	directives.Analyzer,
	globals.Analyzer,
	concurrency.Analyzer,
	symbols.Analyzer,
	assertions.Analyzer,
	// What it may do with its state and with the view.
	state.Analyzer,
	purity.Analyzer,
	maporder.Analyzer,
	blind.Analyzer,
	// That it ends.
	endings.Analyzer,
	recursion.Analyzer,
	sizes.Analyzer,

	// Passes of x/tools that find real bugs in code that compiles.
	appends.Analyzer,       // append with nothing to append
	assign.Analyzer,        // x = x
	bools.Analyzer,         // a == 1 || a == 1
	copylock.Analyzer,      // none is importable; holds if that changes
	defers.Analyzer,        // defer with an argument evaluated too early
	errorsas.Analyzer,      // errors.As with a target that panics
	ifaceassert.Analyzer,   // assertions that cannot hold
	nilfunc.Analyzer,       // f == nil for a declared function
	nilness.Analyzer,       // certain nil dereferences
	printf.Analyzer,        // formats that do not fit their arguments
	shift.Analyzer,         // shifts past the width
	sortslice.Analyzer,     // sort.Slice of something else
	stdmethods.Analyzer,    // methods with well-known names and odd signatures
	stringintconv.Analyzer, // string(65)
	structtag.Analyzer,     // tags that are not read
	unreachable.Analyzer,   // code after return
	unusedresult.Analyzer,  // fmt.Sprintf for nothing
	unusedwrite.Analyzer,   // writes to a copy that nobody reads
	// Not included: asmdecl, atomic, atomicalign, buildtag, cgocall, directive, framepointer, hostport, httpmux, httpresponse,
	// loopclosure, lostcancel, reflectvaluecompare, sigchanyzer, slog, sqlrowserr, stdversion, testinggoroutine, tests,
	// timeformat, unmarshal, unsafeptr, waitgroup: they are about packages, files and statements that no mechanism may have.
	// composite, fieldalignment, inline, modernize, shadow, usesgenerics: matters of taste, which would send a
	// good mechanism back. deepequalerrors, findcall, pkgfact: not about errors, or examples.
}

// internal is the rule of a finding that says nothing of the source but that the analyzers gave up.
const internal = "internal"

// Vet is the third gate.
func (c *Checker) Vet(p *Package) (findings []Finding) {
	// An analyzer that cannot handle a source refuses it: it was not seen to be good.
	defer func() {
		if r := recover(); r != nil {
			findings = []Finding{{Gate: "vet", Rule: internal, Message: fmt.Sprintf("the analyzers cannot follow this source (%v): write it in a plainer way", r)}}
		}
	}()
	pkg := &packages.Package{
		ID: p.types.Path(), Name: p.Name, PkgPath: p.types.Path(), Fset: p.fset, Syntax: []*ast.File{p.file},
		Types: p.types, TypesInfo: p.info, TypesSizes: types.SizesFor("gc", runtime.GOARCH),
	}
	// Sequential keeps panics in this goroutine; Imports is empty since no analyzer needs facts of the few packages allowed.
	graph, err := checker.Analyze(Suite, []*packages.Package{pkg}, &checker.Options{Sequential: true})
	if err != nil {
		return []Finding{{Gate: "vet", Rule: internal, Message: err.Error()}}
	}
	for _, root := range graph.Roots {
		if root.Err != nil {
			findings = append(findings, Finding{Gate: "vet", Rule: root.Analyzer.Name, Message: fmt.Sprintf("the analyzer cannot follow this source (%v): write it in a plainer way", root.Err)})
		}
		for _, d := range root.Diagnostics {
			findings = append(findings, p.finding("vet", root.Analyzer.Name, d.Pos, d.Message))
		}
		if s, ok := root.Result.(*shape.Shape); ok && s.Type != nil {
			p.Type, p.Pruner = s.Type.Obj().Name(), s.Methods["Prune"] != nil
			p.Doc = sentence(p.file, p.Type)
		}
	}
	return tidy(findings)
}
