// Package good has comments of every innocent kind.
package good

// Go: an ordinary comment. See https://go.dev/doc for //go:embed, which is quoted here.

/* A block. //go:noinline within it is words. */
const Pi = 3 // note: about

func Line() {} // line 3 is not a directive
