// Package globals defines an Analyzer that refuses state outside the mechanism's own fields.
//
// # Analyzer globals
//
// globals: no package variables, no init
//
// Only the exported fields of the mechanism are stored and brought back after a restart or a hand-over. A package variable
// is lost then, and shared by two mechanisms that are compared. A variable of another package must not be changed.
package globals
