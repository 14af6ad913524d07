package main

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
)

func mechanismCommand() *cli.Command {
	asJSON := &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	run := &cli.StringFlag{Name: "run", Usage: "take the view, and the mechanism in charge, from the run in `DIRECTORY`"}
	against := &cli.StringFlag{Name: "against", Usage: "`NAME` of the mechanism it would replace (default: the one in charge of --run, or greedy)"}
	return &cli.Command{
		Name:  "mechanism",
		Usage: "list, vet, build, test, review, compare and propose search mechanisms",
		Description: `A mechanism is one Go file: see mechanisms/README.md for the contract. These verbs pass a file of yours
through the same gates as one that level 2 writes. The exit code is 4 when a gate refuses it.`,
		Action: groupAction,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the mechanisms written by hand, and those of a run",
				Flags:  []cli.Flag{asJSON, &cli.StringFlag{Name: "run", Usage: "also list those of the run in `DIRECTORY`"}},
				Action: listAction,
			},
			{
				Name: "vet", Usage: "say what the static gates find in a file", ArgsUsage: "FILE",
				Description: `The same analyzers run over whole packages as a tool of go vet.

Examples:
   bilevel mechanism vet fold.go
   go vet -vettool=$(which bilevel) ./mechanisms/generated/...`,
				Flags:  []cli.Flag{asJSON},
				Action: func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Vet) },
			},
			{
				Name: "build", Usage: "vet a file and compile a runner with it", ArgsUsage: "FILE",
				Description: "Example:\n   bilevel mechanism build --out runner fold.go && ./runner about",
				Flags:       []cli.Flag{asJSON, against, run, &cli.StringFlag{Name: "out", Usage: "copy the runner to `FILE`"}},
				Action:      func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Build) },
			},
			{
				Name: "test", Usage: "pass a file through every gate: vet, build, conformance, replay, rehearsal", ArgsUsage: "FILE",
				Description: `Replay and rehearsal ask the mechanism and the one it would replace the same questions: on the recorded trace of a
run, on synthetic surfaces, on the live view, and in a search on a made-up landscape. It is refused when it decides as a
known mechanism does, when it decides nothing otherwise than the one it would replace, and when it does harm where nothing
can be gained.

Examples:
   bilevel mechanism test fold.go
   bilevel mechanism test --run runs/1 --against greedy fold.go`,
				Flags:  []cli.Flag{asJSON, against, run},
				Action: func(c *cli.Context) error { return examine(c, (*gen.Pipeline).Test) },
			},
			reviewCommand(),
			benchCommand(),
			proposeCommand(),
			inspectCommand(),
		},
	}
}

// listed is a mechanism as list --json prints it.
type listed struct {
	Name   string `json:"name"`
	Doc    string `json:"doc"`
	Origin string `json:"origin"` // "by hand", or what the gates of the run said: "ready", "refused"
}

func listAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("mechanism list takes no arguments, got %q", c.Args().First())
	}
	var all []listed
	for _, e := range full.All() {
		all = append(all, listed{e.Name, e.Doc, "by hand"})
	}
	if dir := c.String("run"); dir != "" {
		s, err := store.Read(dir)
		if err != nil {
			return err
		}
		defer s.Close()
		for _, m := range s.Mechanisms() {
			if m.Source != "" {
				all = append(all, listed{m.Name, m.Idea, string(m.Status)})
			}
		}
	}
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		return enc.Encode(all)
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\n", m.Name, m.Origin, firstLine(m.Doc))
	}
	return w.Flush()
}
