package main

import (
	"encoding/json"
	"fmt"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// watcher makes what is told of the events of a run: JSON lines, or a screen, which on a terminal says how to watch
// and guide the run from another. Call close when the run is over.
func watcher(c *cli.Context, st *store.Store) (tell func(evolve.Event), close func()) {
	if c.Bool("json") {
		var mu sync.Mutex
		enc := json.NewEncoder(c.App.Writer)
		return func(e evolve.Event) {
			mu.Lock()
			defer mu.Unlock()
			_ = enc.Encode(e) // a reader that went away is no reason to stop the run
		}, func() {}
	}
	s := newScreen(c.App.Writer, st.Meta().Space.Measure)
	if s.now.width > 0 {
		s.line(fmt.Sprintf("in a browser, with a box to guide it: bilevel watch %s", st.Dir()))
	}
	return s.tell, s.close
}
