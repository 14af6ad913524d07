// Package sizes defines an Analyzer that refuses huge values.
//
// # Analyzer sizes
//
// sizes: no array or allocation of a constant size that a search cannot need
//
// A run has some tens or hundreds of trials of some tens of parameters. An array type or a make of more than a million
// elements is a mistake, and takes memory from the training beside it.
package sizes
