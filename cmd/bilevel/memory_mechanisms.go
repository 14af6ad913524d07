package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/memory"
)

func memoryMechanismsCommand() *cli.Command {
	return &cli.Command{
		Name: "mechanisms", Usage: "list the mechanisms that models wrote in earlier runs, show one, or forget some", ArgsUsage: "[NAME]",
		Description: fmt.Sprintf(`Mechanisms that passed every gate are kept with what they did and how they search synthetic surfaces. The most
promising %d of them that pass the gates of this version are offered to level 2 of later runs, to reuse, adapt
or beat.

Examples:
   bilevel memory mechanisms
   bilevel memory mechanisms fold-a1b2c3
   bilevel memory mechanisms fold-a1b2c3 --source > fold.go
   bilevel memory mechanisms fold-a1b2c3 --forget`, memory.MaxAncestors),
		Flags: []cli.Flag{memoryFlag(),
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
			&cli.BoolFlag{Name: "source", Usage: "print its source, as it was written"},
			&cli.BoolFlag{Name: "forget", Usage: "forget it: it is not offered again"},
		},
		Action: memoryMechanismsAction,
	}
}

func memoryMechanismsAction(c *cli.Context) error {
	if c.NArg() > 1 || c.NArg() == 0 && (c.Bool("source") || c.Bool("forget")) {
		return usage("memory mechanisms wants one name, got %d arguments", c.NArg())
	}
	m, err := theMemory(c, false)
	if err != nil {
		return err
	}
	if m == nil {
		return listMechanisms(c, nil)
	}
	defer m.Close()
	if c.NArg() == 0 {
		all, err := m.Mechanisms()
		if err != nil {
			return err
		}
		return listMechanisms(c, all)
	}
	x, err := m.FindMechanism(c.Args().First())
	if err != nil {
		return unknownAsUsage(err)
	}
	switch w := c.App.Writer; {
	case c.Bool("forget"):
		if err := m.ForgetMechanism(x.Hash); err != nil {
			return err
		}
		_, err := fmt.Fprintf(w, "forgot %s\n", x.Name)
		return err
	case c.Bool("source"):
		_, err := io.WriteString(w, x.Source)
		return err
	case c.Bool("json"):
		return printJSON(w, x)
	default:
		_, err := fmt.Fprintf(w, "%s: %s\n%s%s\n%s\n", x.Name, x.Idea, origin(x), gateWords(x), x.Words())
		return err
	}
}

func listMechanisms(c *cli.Context, all []memory.Mechanism) error {
	if c.Bool("json") {
		return printJSON(c.App.Writer, notNil(all))
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(c.App.Writer, "no mechanism is remembered yet; a run leaves those that passed its gates when it is done")
		return err
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "mechanism\truns\tdecided otherwise\tchange a trial\tits parent's\tregret on surfaces (greedy's)\tfate\tidea")
	for _, x := range all {
		last := x.Deeds[len(x.Deeds)-1]
		fmt.Fprintf(w, "%s\t%d\t%d of %d\t%s\t%s\t%s\t%s\t%s\n", x.Name, len(x.Deeds), last.Differed, last.Compared, effect(-last.PerTrial, last.Measure), effect(-last.ParentTrial, last.Measure), figureWords(x), fateWords(x, last), firstLine(x.Idea))
	}
	return w.Flush()
}

// figureWords are the regrets by family, those of greedy in brackets.
func figureWords(x memory.Mechanism) string {
	var words []string
	for _, f := range x.Figures {
		if !f.Null {
			words = append(words, fmt.Sprintf("%s %.2f (%.2f)", f.Family, f.Regret, f.Greedy))
		}
	}
	if len(words) == 0 {
		return "not measured"
	}
	return strings.Join(words, ", ")
}

func fateWords(x memory.Mechanism, last memory.Deed) string {
	if x.Refused != "" {
		return "refused by the gates now: " + firstLine(x.Refused)
	}
	return last.Fate
}

func origin(x memory.Mechanism) string {
	if x.Simulated {
		return "The simulated model wrote it; only runs with it are offered it. "
	}
	return ""
}

func gateWords(x memory.Mechanism) string {
	if x.Refused != "" {
		return "The gates refuse it now: " + x.Refused + "."
	}
	return "It passed the gates of bilevel " + x.Passed + "."
}
