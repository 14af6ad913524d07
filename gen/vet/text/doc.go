// Package text holds the words of the analyzers: their descriptions, which stand in one place, their doc.go, and how
// messages write types.
package text
