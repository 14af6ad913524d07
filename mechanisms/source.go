package mechanisms

import (
	"embed"
	"strings"
)

// Source holds the Go files of this package and of the mechanisms in its subfolders, as they were when the binary was built,
// with the paths they have below this folder. The tool writes them into a build folder to compile a runner where there is
// no checkout; whoever does so may leave out files that end in _test.go. A runner does not refer to it, so the linker
// leaves it out of runners.
//
//go:embed *.go */*.go README.md
var Source embed.FS

// Guide is the text for authors of mechanisms, human or model: README.md of this folder up to its figures. A model that knew
// which yardstick leads on which surface could write for the surfaces.
var Guide, _, _ = strings.Cut(readme, FiguresBegin)

// FiguresBegin is the line of README.md that the table of figures follows.
const FiguresBegin = "<!-- figures -->"

//go:embed README.md
var readme string
