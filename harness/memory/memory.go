// Package memory keeps what runs have taught, for later ones: lessons with the trials that support them, and mechanisms that
// passed their gates with what they did.
//
// Draw finds lessons in a finished run by rule; it stands alone.
package memory
