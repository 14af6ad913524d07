// Package state defines an Analyzer that holds a mechanism's state to what JSON keeps exactly.
//
// # Analyzer state
//
// state: every field comes back as it was
//
// The loop stores a mechanism as JSON after every trial and loads it into a fresh value after a restart or a hand-over. A
// field that JSON does not keep exactly would make the search depend on whether it was interrupted: unexported and
// embedded fields, functions, channels, interfaces, pointers (two of them to one value come back as two values), tags that
// drop values, types with an encoding of their own.
package state
