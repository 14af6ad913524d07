package mechanisms

import "embed"

// Source holds the Go files of this package and of the mechanisms in its subfolders, as they were when the binary was built,
// with the paths they have below this folder. The tool writes them into a build folder to compile a runner where there is
// no checkout; whoever does so may leave out files that end in _test.go. A runner does not refer to it, so the linker
// leaves it out of runners.
//
//go:embed *.go */*.go README.md
var Source embed.FS

// Guide is the text for authors of mechanisms, human or model: README.md of this folder.
//
//go:embed README.md
var Guide string
