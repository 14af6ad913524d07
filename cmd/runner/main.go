// Command runner is the inner loop with one mechanism compiled in. `bilevel evolve` builds and starts it; it speaks to its
// supervisor over inherited pipes and holds no key, no file and no clock that a mechanism could reach.
package main

import (
	"os"

	"github.com/seed161a02ea/bilevel/harness/loop"
)

func main() {
	os.Exit(loop.Main(selected(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
