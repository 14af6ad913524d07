package main

import (
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
)

// selected says which mechanism is in charge and which it replaced. When level 2 builds a runner, a generated file takes
// the place of this one.
func selected() (current, shadow mechanisms.Entry) {
	return mechanisms.Entry{Name: "greedy", New: func() mechanisms.Mechanism { return greedy.New() }}, mechanisms.Entry{}
}
