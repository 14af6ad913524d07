// Package cmd holds the source of the runner's main package.
package cmd

import "embed"

// Source is what gen compiles a runner from, beside mechanisms.Source and harness.Source.
//
//go:embed runner/*.go
var Source embed.FS
