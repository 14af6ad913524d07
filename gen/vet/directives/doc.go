// Package directives defines an Analyzer that refuses comments with a meaning to the compiler.
//
// # Analyzer directives
//
// directives: no instructions to the toolchain
//
// Directives (go:linkname, go:embed, go:build, line, export, cgo) reach what the language forbids or change what a reader
// believes to be compiled. A mechanism needs none.
package directives
