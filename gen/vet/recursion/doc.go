// Package recursion defines an Analyzer that refuses functions that call themselves.
//
// # Analyzer recursion
//
// recursion: no function calls itself, directly or through others
//
// A recursion without end exhausts the stack, which no Go program survives. What a mechanism needs of recursion can be
// written as a loop with a bound.
package recursion
