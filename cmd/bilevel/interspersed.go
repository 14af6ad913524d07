package main

import (
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// interspersed puts the flags of a command line before its other arguments, where cli wants them: people write
// `show runs/1 --json` as readily as the other way round. What follows "--" stays as it is.
func interspersed(args []string, commands []*cli.Command) []string {
	head, rest := args[:min(1, len(args))], args[min(1, len(args)):]
	var flags []cli.Flag
	for len(rest) > 0 {
		i := slices.IndexFunc(commands, func(c *cli.Command) bool { return c.HasName(rest[0]) })
		if i < 0 {
			break
		}
		head = append(slices.Clone(head), rest[0])
		flags, commands, rest = commands[i].Flags, commands[i].Subcommands, rest[1:]
	}
	var first, last []string
	for len(rest) > 0 {
		word := rest[0]
		switch {
		case word == "--":
			return slices.Concat(head, first, []string{"--"}, last, rest[1:])
		case len(word) < 2 || word[0] != '-':
			last, rest = append(last, word), rest[1:]
			continue
		case takesNext(word, flags) && len(rest) > 1:
			first, rest = append(first, word, rest[1]), rest[2:]
			continue
		}
		first, rest = append(first, word), rest[1:]
	}
	return slices.Concat(head, first, last)
}

// takesNext reports whether the word is a flag whose value is the next word.
func takesNext(word string, flags []cli.Flag) bool {
	name := strings.TrimLeft(word, "-")
	if strings.Contains(name, "=") {
		return false
	}
	for _, f := range flags {
		if slices.Contains(f.Names(), name) {
			_, isBool := f.(*cli.BoolFlag)
			return !isBool
		}
	}
	return false
}
