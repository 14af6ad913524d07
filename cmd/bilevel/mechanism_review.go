package main

import (
	"fmt"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/review"
)

func reviewCommand() *cli.Command {
	return &cli.Command{
		Name: "review", Usage: "write a page about a mechanism: claims, decisions, gates, figures, origin, verdict", ArgsUsage: "NAME|FILE|FOLDER|BRANCH",
		Description: `Passes the mechanism through every gate, measures it on synthetic surfaces beside the mechanism it replaced,
greedy, foldover and random, and writes one page of Markdown. A NAME is one that level 2 wrote in --run, a FOLDER that
of a kept mechanism, a BRANCH one that propose made in --repo. The same mechanism gives the same page.
The exit code is 4 when the verdict is unfit, inert or worse.

Examples:
   bilevel mechanism review --run runs/1 fold-a1b2c3
   bilevel mechanism review --against tabu fold.go --out fold.md
   bilevel mechanism review mechanisms/generated/fold-a1b2c3
   bilevel mechanism review --repo . mechanism/fold-a1b2c3`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "the mechanism, or the view for a file, is of the run in `DIRECTORY`"},
			&cli.StringFlag{Name: "repo", Usage: "the mechanism is on a branch of the git repository in `DIRECTORY`"},
			&cli.StringFlag{Name: "against", Usage: "`NAME` of the mechanism that a file would replace (default: the one in charge of --run, or greedy)"},
			searchesFlag(),
			&cli.StringFlag{Name: "out", Usage: "write the page to `FILE`"},
		},
		Action: reviewAction,
	}
}

func searchesFlag() cli.Flag {
	return &cli.IntFlag{Name: "searches", Value: 25, Usage: "`N` searches for each figure"}
}

func reviewAction(c *cli.Context) error {
	r, err := reviewed(c)
	if err != nil {
		return err
	}
	if out := c.String("out"); out != "" {
		if err := os.WriteFile(out, r.Page(), 0o666); err != nil {
			return err
		}
		fmt.Fprintf(c.App.Writer, "%s: %s; the page is in %s\n", r.Subject.Name, r.Verdict.Word, out)
	} else if _, err := c.App.Writer.Write(r.Page()); err != nil {
		return err
	}
	if r.Verdict.Bad() {
		return cli.Exit("", exitFindings)
	}
	return nil
}

// reviewed reviews what a command line names.
func reviewed(c *cli.Context) (review.Review, error) {
	if c.NArg() != 1 {
		return review.Review{}, usage("mechanism %s wants one mechanism, got %d arguments", c.Command.Name, c.NArg())
	}
	if n := c.Int("searches"); n < 2 {
		return review.Review{}, usage("--searches %d, want at least 2: one search has no spread", n)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	s, err := subject(ctx, c)
	if err != nil {
		return review.Review{}, err
	}
	p, err := newPipeline(ctx)
	if err != nil {
		return review.Review{}, err
	}
	line := newOverwritten(c.App.ErrWriter)
	r, err := review.Make(ctx, p, s, review.Options{Searches: c.Int("searches"), Step: func(s gen.Step) { line.say("%s …", s.Name) }})
	line.end()
	if ctx.Err() != nil {
		return r, cli.Exit("interrupted", exitInterrupted)
	}
	return r, err
}
