// Package kerneltest holds every gpt.Backend against one reference in float64.
//
// The reference model is written from the formulas, not from gpt.Model: its forward pass is plain loops over a Tape, which
// derives the gradients by itself, and its optimizer is a second implementation. Conform runs a backend against both; each
// tolerance says where it comes from.
package kerneltest
