package main

import (
	"encoding/json"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/contain"
)

// containCommand puts up walls around itself and becomes another program. It is hidden: evolve starts runners and rehearsals
// with it.
func containCommand() *cli.Command {
	return &cli.Command{
		Name: "contain", Hidden: true, Usage: "run a program behind walls that the kernel holds; started by evolve", ArgsUsage: "-- PROGRAM [ARGS]",
		Flags: []cli.Flag{
			&cli.GenericFlag{Name: "wall", Value: &words{}, Usage: "put up `WALL`; may be repeated"},
			&cli.GenericFlag{Name: "allow", Value: &words{}, Usage: "let it read and execute `PATH` beside itself; may be repeated"},
			&cli.IntFlag{Name: "descriptors", Value: 3, Usage: "how many it inherits, from 0 on"},
			&cli.Uint64Flag{Name: "memory", Usage: "`BYTES` of address space"},
			&cli.DurationFlag{Name: "cpu", Usage: "processor time"},
			&cli.BoolFlag{Name: "try", Usage: "start nothing, but try what a contained program must not be able to do, and print JSON"},
		},
		Action: containAction,
	}
}

func containAction(c *cli.Context) error {
	if c.Bool("try") {
		return json.NewEncoder(c.App.Writer).Encode(contain.Try())
	}
	s, err := containSpec(c)
	if err != nil {
		return cli.Exit(err, contain.ExitFailed)
	}
	return cli.Exit(s.Become(), contain.ExitFailed)
}

func containSpec(c *cli.Context) (contain.Spec, error) {
	s := contain.Spec{Descriptors: c.Int("descriptors"), Memory: c.Uint64("memory"), CPU: c.Duration("cpu")}
	if c.NArg() == 0 {
		return s, fmt.Errorf("contain wants a program: bilevel contain --wall seccomp -- PROGRAM [ARGS]")
	}
	s.Program, s.Args = c.Args().First(), c.Args().Tail()
	s.Allow = *c.Generic("allow").(*words)
	for _, name := range *c.Generic("wall").(*words) {
		w, err := contain.ParseWall(name)
		if err != nil {
			return s, err
		}
		s.Walls = append(s.Walls, w)
	}
	return s, nil
}

// words is a flag that may be repeated. Unlike cli's own it takes a value whole: a path may have commas in it.
type words []string

func (w *words) Set(value string) error { *w = append(*w, value); return nil }
func (w *words) String() string         { return fmt.Sprint([]string(*w)) }
