// Command bilevel searches hyperparameters of small GPTs with a search procedure that a language model rewrites while the
// search runs.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/contain"
)

func main() {
	if len(os.Args) > 1 && os.Args[1] == contain.Verb { // it starts runners by the thousand, and needs nothing of what follows
		os.Exit(contain.Tool(os.Args[2:], os.Stdout, os.Stderr))
	}
	if calledByGoVet(os.Args) {
		vettool()
	}
	os.Exit(run(context.Background(), os.Args, os.Stdout, os.Stderr))
}

// run is the tool: it returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	a := app()
	a.Writer, a.ErrWriter = stdout, stderr
	err := a.RunContext(ctx, interspersed(args, a.Commands))
	if err == nil {
		return exitOK
	}
	if text := err.Error(); text != "" {
		fmt.Fprintf(stderr, "bilevel: %s\n", text)
	}
	if coder, ok := errors.AsType[cli.ExitCoder](err); ok {
		return coder.ExitCode()
	}
	return exitFailure
}

func app() *cli.App {
	a := &cli.App{
		Name:  "bilevel",
		Usage: "an autoresearch loop whose search procedure a language model rewrites while it runs",
		Description: `Start with: bilevel evolve

` + exitCodes,
		Version:                version(),
		HideHelpCommand:        true,
		UseShortOptionHandling: true,
		Commands:               commands(),
		ExitErrHandler:         func(*cli.Context, error) {}, // run prints the error and returns the code
		OnUsageError:           onUsageError,
		CommandNotFound:        nil,
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return unknownVerb(c.Args().First(), c.Args().First(), c.App.Commands)
			}
			return cli.ShowAppHelp(c)
		},
	}
	for _, c := range a.Commands {
		prepare(c)
	}
	return a
}

// prepare gives a command, and those below it, what all have in common.
func prepare(c *cli.Command) {
	c.HideHelpCommand = true
	c.OnUsageError = onUsageError
	for _, sub := range c.Subcommands {
		prepare(sub)
	}
}

func commands() []*cli.Command {
	return []*cli.Command{
		evolveCommand(),
		ablateCommand(),
		trainCommand(),
		showCommand(),
		reportCommand(),
		watchCommand(),
		guideCommand(),
		confirmCommand(),
		sweepCommand(),
		taskCommand(),
		mechanismCommand(),
		memoryCommand(),
		dataCommand(),
		doctorCommand(),
		runnerCommand(),
		trainerCommand(),
	}
}

// version is the module's version, or the commit that the binary was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	v := info.Main.Version
	if v != "" && v != "(devel)" {
		return v
	}
	v = "devel"
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			v += "-" + s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			v += "-modified"
		}
	}
	return v
}
