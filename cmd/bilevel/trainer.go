package main

import (
	"context"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/harness/train"
)

// trainerCommand is the child process that trains for evolve. It is hidden: people have train.
func trainerCommand() *cli.Command {
	return &cli.Command{
		Name: "trainer", Hidden: true, Usage: "train jobs that are read from the standard input; started by evolve",
		Action: func(c *cli.Context) error {
			open := func(ctx context.Context, s task.Spec) (task.Task, error) { return task.Open(ctx, s) }
			return train.Serve(c.Context, os.Stdin, c.App.Writer, open)
		},
	}
}
