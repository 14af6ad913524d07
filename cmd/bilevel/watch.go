package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/report/live"
)

func watchCommand() *cli.Command {
	return &cli.Command{
		Name:      "watch",
		Usage:     "serve the report of a run on this machine while the run goes on, with a box to guide it",
		ArgsUsage: "RUN",
		Description: `Prints an address to open in a browser on this machine: the page of bilevel report, which follows the run.
The page has a box for guidance: what you write in it reaches the run's next proposal and is recorded with the
trial from which it is in force, as with bilevel guide. Nothing else can be changed from the page.

The address holds a token; whoever has it can read the run and guide it while this goes on. Requests that name
another host or come from another origin are refused. Ctrl-C ends it; the run does not notice.

Examples:
   bilevel watch runs/1
   bilevel watch runs/1 --addr 127.0.0.1:8080`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "addr", Value: "127.0.0.1:0", Usage: "loopback `ADDRESS` and port to listen on; port 0 takes a free one"},
		},
		Action: watchAction,
	}
}

func watchAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("watch wants one run directory, got %d arguments: bilevel watch runs/1", c.NArg())
	}
	s, err := recorded(c.Args().First())
	if err != nil {
		return err
	}
	defer s.Close()
	l, err := live.Listen(c.String("addr"))
	if err != nil {
		return asUsage(err)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	page := live.New(s, l.Addr().String())
	// What a broken connection makes the server log is no concern of whoever watches.
	server := &http.Server{Handler: page, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	context.AfterFunc(ctx, func() { server.Close() })
	if _, err := fmt.Fprintf(c.App.Writer, "%s\nCtrl-C ends it.\n", page.URL()); err != nil {
		l.Close()
		return err
	}
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("watch %s: %w", s.Dir(), err)
	}
	return nil
}
