// Package harness holds the sources of the packages that a runner binary is built from.
package harness

import "embed"

// Source is what gen compiles a runner from, beside mechanisms.Source and cmd.Source: the tool carries it, so that a
// runner can be built where no checkout is.
//
//go:embed loop/*.go wire/*.go
var Source embed.FS
