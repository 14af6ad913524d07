// Package imports defines an Analyzer that holds a mechanism to a short list of packages.
//
// # Analyzer imports
//
// imports: only pure packages
//
// A mechanism computes; it has no files, network, clock, processes or memory tricks. It may import the contract and those
// packages of the standard library that compute and nothing else.
package imports
