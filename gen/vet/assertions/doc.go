// Package assertions defines an Analyzer that refuses to look behind an interface of somebody else.
//
// # Analyzer assertions
//
// assertions: no type assertion to reach what the contract does not offer
//
// The values that the loop hands to a mechanism may have methods that the contract does not name. A type assertion or
// type switch to an interface, or to a type of another package than the contract, would reach them.
package assertions
