// Package blind defines an Analyzer that refuses a Propose that does not look at the search.
//
// # Analyzer blind
//
// blind: Propose reads its view
//
// A Propose that never reads the view proposes the same whatever happened: it is dead by construction.
package blind
