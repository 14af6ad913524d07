package main

import (
	"os"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
)

// runnerCommand is the runner of the mechanisms written by hand: the tool itself, so that a run needs no Go toolchain
// before level 2 compiles something.
func runnerCommand() *cli.Command {
	return &cli.Command{
		Name: "runner", Hidden: true, Usage: "the inner loop with a mechanism of the catalog; started by evolve", ArgsUsage: "MECHANISM",
		Action: func(c *cli.Context) error {
			e, err := findMechanism(c.Args().First())
			if err != nil {
				return err
			}
			if code := loop.Main([]loop.Selection{{Current: e}}, []string{"serve"}, os.Stdin, c.App.Writer, c.App.ErrWriter); code != loop.ExitOK {
				return cli.Exit("", code)
			}
			return nil
		},
	}
}

// findMechanism finds a mechanism written by hand.
func findMechanism(name string) (mechanisms.Entry, error) {
	var names []string
	for _, e := range full.All() {
		if e.Name == name {
			return e, nil
		}
		names = append(names, e.Name)
	}
	return mechanisms.Entry{}, usage("no mechanism %q%s", name, meant(name, names, ""))
}
