package contain

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
)

// Verb is the first argument of the tool when it is to contain a program.
const Verb = "contain"

// Prefix is the start of a command line of the tool, to be followed by a program and its arguments, that contains it as s
// says. s.Program and s.Args play no part.
func (s Spec) Prefix(tool string) []string {
	line := []string{tool, Verb}
	add := func(flag, value string) { line = append(line, "--"+flag, value) }
	for _, w := range s.Walls {
		add("wall", string(w))
	}
	for _, path := range s.Allow {
		add("allow", path)
	}
	if s.Descriptors > 0 {
		add("descriptors", strconv.Itoa(s.Descriptors))
	}
	if s.Memory > 0 {
		add("memory", strconv.FormatUint(s.Memory, 10))
	}
	if s.CPU > 0 {
		add("cpu", s.CPU.String())
	}
	return append(line, "--")
}

// Tool does what a command line asks that begins as Prefix says, without the tool's name and the verb, and returns the exit code.
// It returns at all only where the walls cannot be put up or the program cannot be become; or, with --try, when it has tried
// what a contained program must not be able to do and printed that as JSON.
func Tool(args []string, out, errs io.Writer) int {
	var s Spec
	f := flag.NewFlagSet(Verb, flag.ContinueOnError)
	f.SetOutput(errs)
	f.Func("wall", "put up this `wall`; may be repeated", func(name string) error {
		w, err := ParseWall(name)
		s.Walls = append(s.Walls, w)
		return err
	})
	f.Func("allow", "let it read and execute this `path` beside itself; may be repeated", func(path string) error {
		s.Allow = append(s.Allow, path)
		return nil
	})
	f.IntVar(&s.Descriptors, "descriptors", 3, "how many it inherits, from 0 on")
	f.Uint64Var(&s.Memory, "memory", 0, "`bytes` of address space")
	f.DurationVar(&s.CPU, "cpu", 0, "processor time")
	try := f.Bool("try", false, "start nothing, but try what a contained program must not be able to do, and print JSON")
	if f.Parse(args) != nil {
		return ExitFailed // it has said why
	}
	var err error
	switch {
	case *try:
		if err = json.NewEncoder(out).Encode(Try()); err == nil {
			return 0
		}
	case f.NArg() == 0:
		err = errors.New("contain wants a program: bilevel contain --wall seccomp -- PROGRAM [ARGS]")
	default:
		s.Program, s.Args = f.Arg(0), f.Args()[1:]
		err = s.Become()
	}
	fmt.Fprintln(errs, "bilevel:", err)
	return ExitFailed
}
