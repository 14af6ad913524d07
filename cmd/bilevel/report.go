package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	runreport "github.com/seed161a02ea/bilevel/harness/report"
	"github.com/seed161a02ea/bilevel/harness/store"
)

func reportCommand() *cli.Command {
	return &cli.Command{
		Name:      "report",
		Usage:     "make one HTML page of a run, with pictures",
		ArgsUsage: "RUN",
		Description: `Writes a page that needs nothing beside it: trials, running best and what each kept trial changed,
hyperparameters over the trials, acts of level 1.5, changes of mechanism, influence over time, learning
curves, every mechanism's source with what the gates said of it, costs, failures and time. It opens
offline, on a phone as well, in light and dark, and prints. The same record gives the same bytes.

The run may be going on: what is recorded so far is shown. To follow it, see bilevel watch.

Examples:
   bilevel report runs/1
   bilevel report runs/1 --out run.html
   bilevel report runs/1 --svg pictures --png pictures`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "out", Usage: "write the page to `FILE` (default: report.html in the run directory)"},
			&cli.StringFlag{Name: "svg", Usage: "write every picture to `FOLDER` as SVG, too"},
			&cli.StringFlag{Name: "png", Usage: "write every picture to `FOLDER` as PNG, too"},
		},
		Action: reportAction,
	}
}

func reportAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("report wants one run directory, got %d arguments: bilevel report runs/1", c.NArg())
	}
	s, err := store.Read(c.Args().First())
	if err != nil {
		return err
	}
	defer s.Close()
	run, err := runreport.Gather(s)
	if err != nil {
		return err
	}
	out := c.String("out")
	if out == "" {
		out = filepath.Join(s.Dir(), "report.html")
	}
	var page bytes.Buffer
	if err := run.Page(&page, nil); err != nil {
		return err
	}
	if err := writeWhole(out, page.Bytes()); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(c.App.Writer, out); err != nil {
		return err
	}
	for _, form := range []struct {
		name string
		draw func(runreport.Picture) ([]byte, error)
	}{{"svg", runreport.Picture.SVG}, {"png", runreport.Picture.PNG}} {
		if dir := c.String(form.name); dir != "" {
			if err := writePictures(c, run, dir, form.name, form.draw); err != nil {
				return err
			}
		}
	}
	return nil
}

func writePictures(c *cli.Context, run *runreport.Run, dir, ending string, draw func(runreport.Picture) ([]byte, error)) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("report: %w", err)
	}
	for _, p := range run.Pictures() {
		b, err := draw(p)
		if err != nil {
			return err
		}
		name := filepath.Join(dir, p.Name+"."+ending)
		if err := writeWhole(name, b); err != nil {
			return err
		}
		if _, err := fmt.Fprintln(c.App.Writer, name); err != nil {
			return err
		}
	}
	return nil
}

// writeWhole writes a file such that a reader finds the old one or the new one, never a part.
func writeWhole(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	defer os.Remove(f.Name()) // of no effect once it is renamed
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(0o644)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}
