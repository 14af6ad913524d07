// Package loop is level 1: the inner loop, as a runner binary runs it.
package loop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The file descriptors a runner speaks to its supervisor over. They are not the standard ones, so that nothing a
// mechanism prints can be taken for a message.
const (
	FromSupervisor = 3
	ToSupervisor   = 4
)

// Exit codes of a runner.
const (
	ExitOK     = 0
	ExitFailed = 1 // stderr says why
	ExitUsage  = 2
	ExitMemory = 3 // the memory limit was reached
)

// trials are the verbs that try a mechanism: they read and print, and nothing of what they print depends on time.
var trials = map[string]func(s Selection, in io.Reader, out io.Writer) error{
	"about": func(s Selection, _ io.Reader, out io.Writer) error { return about(s.Current, s.Shadow, out) },
	"provenance": func(s Selection, _ io.Reader, out io.Writer) error {
		_, err := io.WriteString(out, s.Current.Provenance)
		return err
	},
	"conform":  func(s Selection, _ io.Reader, out io.Writer) error { return conform(s.Current, out) },
	"replay":   func(s Selection, in io.Reader, out io.Writer) error { return replay(s.Current, s.Shadow, in, out) },
	"rehearse": func(s Selection, in io.Reader, out io.Writer) error { return rehearse(s.Current, s.Shadow, in, out) },
	"bench":    func(s Selection, in io.Reader, out io.Writer) error { return bench(s.Current, s.Shadow, in, out) },
}

// Main runs a runner that carries one selection of mechanisms or several, and returns the exit code. The verb is the first
// argument; the names of a mechanism and of the one that it replaced may follow, and must where several are carried:
//
//	serve      run the inner loop over FromSupervisor and ToSupervisor
//	about      print which mechanisms are compiled in, as JSON
//	provenance print where the mechanism in charge comes from, as it was compiled in
//	conform    print the findings of the conformance kit, as JSON
//	replay     read a replayOrder from in, print what the mechanism decides on a recorded trace and on surfaces, as JSON
//	rehearse   read a wire.Welcome from in, print what the mechanism decides on its view and on a landscape, as JSON
//	bench      read a surfaces.Order from in, print the figures of the mechanisms, as JSON
//	each       read Orders from in, print an Answer to each
func Main(carried []Selection, args []string, in io.Reader, out, errs io.Writer) int {
	if len(carried) == 0 || carried[0].Current.New == nil {
		fmt.Fprintln(errs, "runner: no mechanism is compiled in")
		return ExitUsage
	}
	if len(args) == 0 {
		args = []string{"serve"}
	}
	verb := args[0]
	run := trials[verb]
	if run == nil && verb != "serve" && verb != "each" {
		fmt.Fprintf(errs, "runner: verb %q, want serve, about, provenance, conform, replay, rehearse, bench or each\n", verb)
		return ExitUsage
	}
	s, err := choose(carried, args[1:])
	if err != nil && verb != "each" {
		fmt.Fprintln(errs, "runner:", err)
		return ExitUsage
	}
	watch, err := limitMemory(errs)
	if err != nil {
		fmt.Fprintln(errs, "runner:", err)
		return ExitFailed
	}
	if verb != "serve" {
		debug.SetGCPercent(trialGC)
	}
	switch verb {
	case "serve":
		err = serve(context.Background(), watch, s.Current, s.Shadow)
	case "each":
		err = each(carried, in, out)
	default:
		err = run(s, in, out)
	}
	if err != nil && !errors.Is(err, errGone) {
		fmt.Fprintln(errs, "runner:", err)
		return ExitFailed
	}
	return ExitOK
}

// trialGC is by how much the heap of a process that tries a mechanism may grow between two collections, in percent. Such a
// process lives for a tenth of a second and makes views by the thousand: at Go's own 100 it collects for a quarter of that.
const trialGC = 400

// serve runs one image's share of the inner loop, and becomes another image when told to.
func serve(ctx context.Context, watch *heapWatch, current, shadow mechanisms.Entry) error {
	in, out := os.NewFile(FromSupervisor, "from supervisor"), os.NewFile(ToSupervisor, "to supervisor")
	if in == nil || out == nil {
		return fmt.Errorf("serve: file descriptors %d and %d are not open; this verb is started by bilevel evolve", FromSupervisor, ToSupervisor)
	}
	c := newConn(in, out)
	c.watch = watch
	s, err := greet(c, current, shadow)
	if err != nil {
		return err
	}
	exec, err := s.run(ctx)
	if err != nil || exec == nil {
		return err
	}
	return become(s, exec)
}

// greet says hello and makes the session from what comes back.
func greet(c asker, current, shadow mechanisms.Entry) (*session, error) {
	a, err := c.ask(wire.Message{Hello: &wire.Hello{
		Version: wire.Version, Mechanism: current.Name, Hash: current.Hash, Shadow: shadow.Name, PID: os.Getpid(),
	}})
	if err != nil {
		return nil, err
	}
	if a.Welcome == nil {
		return nil, errors.New("answer to hello: no welcome in it")
	}
	s := &session{c: c, view: a.Welcome.View, current: &player{entry: current}}
	seq := s.nextSeq()
	if s.current, err = newPlayer(current, a.Welcome.State, s.view.Trials); err != nil {
		s.current = &player{entry: current}
		return nil, s.fault(seq, err)
	}
	if shadow.New != nil {
		if s.shadow, err = newPlayer(shadow, a.Welcome.ShadowState, s.view.Trials); err != nil {
			return nil, fmt.Errorf("mechanism %s, which %s replaced: %w", shadow.Name, current.Name, err)
		}
	}
	return s, nil
}

// become replaces this process's image. It returns only if that cannot be done, after telling the supervisor why.
func become(s *session, e *wire.Exec) error {
	err := execImage(e)
	return s.fault(s.nextSeq(), &failure{"exec", fmt.Errorf("%s: %w", e.Path, err)})
}
