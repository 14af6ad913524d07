// Package symbols defines an Analyzer that holds a mechanism to what it may name in other packages.
//
// # Analyzer symbols
//
// symbols: nothing that reads a clock, draws from a global source or writes
//
// Some packages that a mechanism may import also hold what it may not use: the global source of math/rand/v2, the
// deadlines of context, the printing of fmt. What is allowed is listed; the rest is not.
package symbols
