package main

import (
	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
)

// selected says which mechanisms are carried, each with the one that it replaced. When level 2 builds a runner, a generated
// file takes the place of this one.
func selected() []loop.Selection {
	return []loop.Selection{{Current: mechanisms.Entry{Name: "greedy", New: func() mechanisms.Mechanism { return greedy.New() }}}}
}
