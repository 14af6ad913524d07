package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	runreport "github.com/seed161a02ea/bilevel/harness/report"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/whole"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "make one HTML page of a run or of an ablation, with pictures",
		ArgsUsage: "FOLDER",
		Description: `Writes a page that needs nothing beside it. Of a run: trials, running best and what each kept trial changed,
hyperparameters over the trials, acts of level 1.5, what persons said, changes of mechanism, influence over time,
learning curves, every mechanism's source with what the gates said of it, costs, failures and time. Of an ablation:
what the data cannot support, the two claims, every contrast with its interval, regret over the trials, every run,
pairs by task, data profiles and when each arm came to differ. It opens offline, on a phone as well, in light and
dark, and prints. The same record gives the same bytes.

The run or the ablation may be going on: what is recorded so far is shown. To follow a run, see bilevel watch.

Examples:
   bilevel report runs/1
   bilevel report runs/1 --out run.html
   bilevel report ablations/1 --svg pictures --png pictures`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write the page to `FILE` (default: report.html in the folder)"},
			&cli.StringFlag{Name: "svg", Usage: "write every picture to `FOLDER` as SVG, too"},
			&cli.StringFlag{Name: "png", Usage: "write every picture to `FOLDER` as PNG, too"},
		},
		Action: reportAction,
	}
}

func reportAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("report wants one run directory or one ablation's, got %d arguments: bilevel report runs/1", c.NArg())
	}
	dir := c.Args().First()
	write, pictures, err := reported(dir)
	if err != nil {
		return err
	}
	out := c.String("out")
	if out == "" {
		out = filepath.Join(dir, "report.html")
	}
	var page bytes.Buffer
	if err := write(&page); err != nil {
		return err
	}
	if err := whole.Write(out, page.Bytes(), 0o644); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.App.Writer, out); err != nil {
		return err
	}
	for _, form := range []struct {
		name string
		draw func(runreport.Picture) ([]byte, error)
	}{{"svg", runreport.Picture.SVG}, {"png", runreport.Picture.PNG}} {
		if to := c.String(form.name); to != "" {
			if err := writePictures(c, pictures(), to, form.name, form.draw); err != nil {
				return err
			}
		}
	}
	return nil
}

// reported reads what a folder holds, a run or an ablation, and returns what writes its page and draws its pictures.
func reported(dir string) (page func(io.Writer) error, pictures func() []runreport.Picture, err error) {
	if _, err := os.Stat(filepath.Join(dir, ablate.File)); err == nil {
		result, err := ablate.Read(dir)
		if err != nil {
			return nil, nil, err
		}
		a := &runreport.Ablation{Result: result}
		return a.Page, a.Pictures, nil
	}
	s, err := store.Read(dir)
	if err != nil {
		return nil, nil, err
	}
	defer s.Close()
	run, err := runreport.Gather(s)
	if err != nil {
		return nil, nil, err
	}
	return func(w io.Writer) error { return run.Page(w, nil) }, run.Pictures, nil
}

func writePictures(c *cli.Context, pictures []runreport.Picture, dir, ending string, draw func(runreport.Picture) ([]byte, error)) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, p := range pictures {
		b, err := draw(p)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, p.Name+"."+ending)
		if err := whole.Write(name, b, 0o644); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c.App.Writer, name); err != nil {
			return err
		}
	}
	return nil
}
