package purity

import (
	"go/token"
	"go/types"
	"maps"
	"slices"

	"golang.org/x/tools/go/ssa"

	"github.com/seed161a02ea/bilevel/gen/vet/calls"
)

// depth says how far into a parameter memory lies.
type depth int

const (
	direct depth = iota // what the parameter, or a reference within its value, points to
	deep                // what is reached from there by following more
)

// A place is memory of the caller's: parameters are numbered in order, then come the captured variables of a literal.
type place struct {
	param int
	depth depth
}

// A write is where memory is changed.
type write struct {
	pos  token.Pos
	fn   *ssa.Function // that holds the statement
	what string        // the changed expression, or the call that changes it, as well as it can be told
	list types.Type    // of the list that is changed; nil where it is none
}

// A summary is what a function does to memory it did not allocate.
type summary struct {
	writes  map[place]map[token.Pos]*write
	results map[place]bool           // its results may point to
	reach   map[place]bool           // what its results point to may point to
	flows   map[place]map[place]bool // it may store a reference to the value's places in the key's memory
}

func newSummary() *summary {
	return &summary{writes: map[place]map[token.Pos]*write{}, results: map[place]bool{}, reach: map[place]bool{}, flows: map[place]map[place]bool{}}
}

// size grows whenever a summary does.
func (s *summary) size() int {
	n := len(s.results) + len(s.reach)
	for _, at := range s.writes {
		n += len(at)
	}
	for _, to := range s.flows {
		n += len(to)
	}
	return n
}

// most bounds the steps of the analysis: ten times what the longest mechanism by hand needs, and under a second.
const most = 1 << 20

// summarize finds the summaries of all functions of a source. They grow together until none does. It returns nil when that
// takes too many steps.
func summarize(g *calls.Graph) map[*ssa.Function]*summary {
	all := map[*ssa.Function]*summary{}
	for _, f := range g.Funcs {
		all[f] = newSummary()
	}
	// A literal's effects are those of making it, too.
	order := g.Order(func(f *ssa.Function) []*ssa.Function { return slices.Concat(g.Callees(f), f.AnonFuncs) })
	steps := 0
	for changed := true; changed; {
		changed = false
		for _, f := range order {
			before := all[f].size()
			newMemory(f, g, all, &steps).solve()
			if steps > most {
				return nil
			}
			changed = changed || all[f].size() != before
		}
	}
	return all
}

// A node is a piece of memory as one function sees it: a place of the caller's, or what an instruction allocated, by the
// path of struct fields in it.
type node struct {
	site ssa.Value // nil for a place
	path string    // ".2.0[]"
	at   place
}

// deepest is how long a path grows, in bytes; what lies deeper is not told apart.
const deepest = 24

type nodes map[node]bool

func (s nodes) add(t nodes) bool {
	before := len(s)
	maps.Copy(s, t)
	return len(s) != before
}

// sub is a part of a piece of memory; the caller's is not told apart.
func (n node) sub(part string) node {
	if n.site != nil && len(n.path) < deepest {
		n.path += part
	}
	return n
}

func (s nodes) sub(part string) nodes {
	out := nodes{}
	for n := range s {
		out[n.sub(part)] = true
	}
	return out
}
