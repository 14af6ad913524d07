// Package text extracts the words of an analyzer from its doc.go, so that they stand in one place.
package text
