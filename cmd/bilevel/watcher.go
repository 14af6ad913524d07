package main

import (
	"encoding/json"
	"sync"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/evolve"
)

// watcher makes what is told of a run's events: JSON lines, or a screen. Call close when the run is over.
func watcher(c *cli.Context) (tell func(evolve.Event), close func()) {
	if c.Bool("json") {
		var mu sync.Mutex
		enc := json.NewEncoder(c.App.Writer)
		return func(e evolve.Event) {
			mu.Lock()
			defer mu.Unlock()
			_ = enc.Encode(e) // a reader that went away is no reason to stop the run
		}, func() {}
	}
	s := newScreen(c.App.Writer)
	return s.tell, s.close
}
