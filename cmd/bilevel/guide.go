package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/guide"
	"github.com/seed161a02ea/bilevel/harness/store"
)

func guideCommand() *cli.Command {
	return &cli.Command{
		Name:      "guide",
		Usage:     "say something to a run, to be heeded from its next proposal on",
		ArgsUsage: "RUN [TEXT]",
		Description: fmt.Sprintf(`What you write reaches the run before its next proposal, whether it goes on now or is continued later. It is
recorded with the trial from which it is in force, quoted as a person's guidance in every prompt to the model, and
given to the mechanism in charge. It replaces what was said before. It advises; it does not bind, and it never
changes which results are kept. At most %d bytes; control characters are taken out.

Without a text it tells what is in force and what waits to be heard. The text - is read from standard input.
In a browser: bilevel watch has a box for the same.

Examples:
   bilevel guide runs/1 "Try DEPTH 1 to 3 with a smaller TOTAL_BATCH_SIZE before anything else."
   bilevel guide runs/1 --withdraw
   bilevel guide runs/1`, guide.MaxBytes),
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "withdraw", Usage: "take back what is in force, without saying anything else"},
		},
		Action: guideAction,
	}
}

func guideAction(c *cli.Context) error {
	if c.NArg() < 1 || c.NArg() > 2 {
		return usage("guide wants a run directory and a text, got %d arguments; put the text in quotes: bilevel guide runs/1 \"Raise DEPTH first.\"", c.NArg())
	}
	s, err := recorded(c.Args().First())
	if err != nil {
		return err
	}
	defer s.Close()
	text := c.Args().Get(1)
	switch {
	case c.Bool("withdraw") && c.NArg() == 2:
		return usage("guide: --withdraw takes back what is in force; a text replaces it: leave one of the two out")
	case !c.Bool("withdraw") && c.NArg() == 1:
		return tellGuidance(c.App.Writer, s)
	case text == "-":
		b, err := io.ReadAll(io.LimitReader(c.App.Reader, 1<<20))
		if err != nil {
			return fmt.Errorf("guide: read standard input: %w", err)
		}
		text = string(b)
	}
	n, err := say(s, text, c.Bool("withdraw"))
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(c.App.Writer, "guidance %d waits for the next proposal: now, or when the run is continued with bilevel evolve --dir %s\n", n, s.Dir())
	return err
}

// say puts a text, or a withdrawal, where the run takes it in.
func say(s *store.Store, text string, withdraw bool) (int, error) {
	const via = "guide"
	if withdraw {
		return guide.Withdraw(s.Dir(), lastHeard(s), via)
	}
	text, err := guide.Clean(text)
	if err != nil {
		return 0, asUsage(err)
	}
	return guide.Send(s.Dir(), lastHeard(s), text, via)
}

// lastHeard is the number of the last guidance on record, 0 for none.
func lastHeard(s *store.Store) int {
	all := s.Guidance()
	if len(all) == 0 {
		return 0
	}
	return all[len(all)-1].N
}

// tellGuidance says what is in force and what waits.
func tellGuidance(w io.Writer, s *store.Store) error {
	text := "nothing is in force\n"
	if in := s.View().Steer.Person; in.Text != "" {
		text = fmt.Sprintf("in force from trial %d on:\n%s\n", in.Since, indented(in.Text))
	}
	words, err := guide.Waiting(s.Dir(), lastHeard(s))
	if err != nil {
		return err
	}
	for _, x := range words {
		switch {
		case x.Bad != "":
			text += fmt.Sprintf("guidance %d cannot be used: %s\n", x.N, x.Bad)
		case x.Text == "":
			text += fmt.Sprintf("guidance %d waits for the next proposal: it withdraws what is in force then\n", x.N)
		default:
			text += fmt.Sprintf("guidance %d waits for the next proposal:\n%s\n", x.N, indented(x.Text))
		}
	}
	_, err = io.WriteString(w, text)
	return err
}

func indented(text string) string { return "  " + strings.ReplaceAll(text, "\n", "\n  ") }
