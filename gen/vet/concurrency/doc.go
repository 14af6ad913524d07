// Package concurrency defines an Analyzer that refuses goroutines, channels and jumps.
//
// # Analyzer concurrency
//
// concurrency: one thread of control, in plain order
//
// The loop calls a mechanism from one goroutine and its decisions must be repeatable to the bit. The order of goroutines is
// not. A panic is reported as the mechanism's fault and must not be hidden by recover.
package concurrency
