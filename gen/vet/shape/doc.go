// Package shape defines an Analyzer that finds the parts of a mechanism: the state, New and the methods of the contract.
//
// # Analyzer shape
//
// shape: one file declares one mechanism, and New makes it
//
// A source declares an exported struct type T, whose fields are the state, func New() *T, and the methods of
// mechanisms.Mechanism on *T. Without these nothing would be called, which is the mistake this program exists to exclude.
// The name Entry is taken by the glue that is generated beside the source.
package shape
