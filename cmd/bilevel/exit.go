package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"
)

// The exit codes of every verb.
const (
	exitOK          = 0
	exitFailure     = 1 // something went wrong; what was recorded is kept
	exitUsage       = 2 // the command line or its input cannot be meant; nothing was done
	exitInterrupted = 3 // ended by a signal; the same command continues
	exitFindings    = 4 // it looked, and what it looked at is not as it should be (doctor, mechanism)
)

const exitCodes = `Exit codes: 0 done; 1 failed, what was recorded is kept; 2 the command line cannot be meant, nothing
was done; 3 interrupted, the same command continues; 4 looked and found fault (doctor, mechanism).`

// usage is an error of the command line.
func usage(format string, args ...any) error {
	return cli.Exit(fmt.Sprintf(format, args...), exitUsage)
}

// asUsage is err as an error of the command line.
func asUsage(err error) error { return cli.Exit(err, exitUsage) }

// onUsageError says what is wrong with a flag, and which one may have been meant.
func onUsageError(c *cli.Context, err error, _ bool) error {
	const unknown = "flag provided but not defined: -"
	name, found := strings.CutPrefix(err.Error(), unknown)
	if !found {
		return usage("%v; bilevel %s --help explains", err, c.Command.Name)
	}
	name = strings.TrimLeft(name, "-")
	var names []string
	for _, f := range slices.Concat(c.App.Flags, c.Command.Flags) {
		for _, n := range f.Names() {
			if len(n) > 1 && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	return usage("unknown flag --%s%s", name, meant(name, names, "--"))
}

// groupAction is the action of a command that only holds others.
func groupAction(c *cli.Context) error {
	if c.NArg() == 0 {
		return cli.ShowSubcommandHelp(c)
	}
	return unknownVerb(c.Command.Name+" "+c.Args().First(), c.Args().First(), c.Command.Subcommands)
}

func unknownVerb(full, name string, known []*cli.Command) error {
	var names []string
	for _, v := range known {
		if !v.Hidden {
			names = append(names, v.Name)
		}
	}
	return usage("unknown verb %q%s", full, meant(name, names, ""))
}

// meant proposes the names nearest to one that is unknown, or lists all.
func meant(name string, known []string, prefix string) string {
	name = strings.ToLower(name)
	least := min(3, len(name)/2) + 1 // further away is something else
	var near, all []string
	for _, k := range known {
		all = append(all, prefix+k)
		d := distance(name, strings.ToLower(k))
		if strings.HasPrefix(strings.ToLower(k), name) {
			d = min(d, 1)
		}
		if d < least {
			near, least = nil, d
		}
		if d == least {
			near = append(near, prefix+k)
		}
	}
	if len(near) > 0 {
		return "; did you mean " + strings.Join(near, " or ") + "?"
	}
	return "; there are " + strings.Join(all, ", ")
}

// distance is the number of insertions, deletions and replacements that turn a into b (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diagonal, row[j+1] = row[j+1], min(row[j+1]+1, row[j]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
