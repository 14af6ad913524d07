package main

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func showCommand() *cli.Command {
	return &cli.Command{
		Name:      "show",
		Usage:     "print what is recorded of a run, also while it goes on",
		ArgsUsage: "RUN",
		Description: `Prints baseline and best, every trial with all its values, steering, mechanisms with their influence,
hand-overs and costs. The run may be going on: what is recorded so far is shown.

With --json it prints one document with the keys
   dir         the run directory
   meta        seed, task, space, first mechanism, model, trials asked for, program
   incumbent   trial that the search stands on, -1 for none
   trials      every trial: proposal, outcome, decision, what the replaced mechanism would have done, times
   steering    every act of level 1.5
   cycles      every passage through level 2
   mechanisms  every source, with spec, dialogue, findings and verdict
   switches    every change of the mechanism in charge
   tenures     every time of charge, with influence and gain
   usage       chats, tokens and US dollars by level
--events prints the whole record instead, one event a line, chats included.

Examples:
   bilevel show runs/1
   bilevel show runs/1 --json | jq '.trials[] | [.seq, .outcome.result.bpb]'
   bilevel show runs/1 --source fold-a1b2c3 > fold.go`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print one JSON document"},
			&cli.BoolFlag{Name: "events", Usage: "print every recorded event as JSON, one a line"},
			&cli.BoolFlag{Name: "chats", Usage: "print what the model was asked and answered: a transcript for evolve --replay"},
			&cli.StringFlag{Name: "source", Usage: "print the source of the mechanism `NAME`, as it was written"},
		},
		Action: showAction,
	}
}

func showAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("show wants one run directory, got %d arguments: bilevel show runs/1", c.NArg())
	}
	s, err := store.Read(c.Args().First())
	if err != nil {
		return err
	}
	defer s.Close()
	w := c.App.Writer
	switch {
	case c.IsSet("source"):
		return showSource(w, s, c.String("source"))
	case c.Bool("events"):
		return showEvents(w, s)
	case c.Bool("chats"):
		return showChats(w, s)
	case c.Bool("json"):
		return showJSON(w, s)
	}
	return showRun(w, s)
}

func showSource(w io.Writer, s *store.Store, name string) error {
	m, ok := s.Mechanism(name)
	if !ok || m.Source == "" {
		var names []string
		for _, m := range s.Mechanisms() {
			if m.Source != "" {
				names = append(names, m.Name)
			}
		}
		if len(names) == 0 {
			return usage("--source %s: level 2 has written no mechanism in this run yet", name)
		}
		return usage("--source: no mechanism %q was written in this run%s", name, meant(name, names, ""))
	}
	_, err := io.WriteString(w, m.Source)
	return err
}

func showEvents(w io.Writer, s *store.Store) error {
	events, err := s.Events(0)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	for _, e := range events {
		if err := enc.Encode(e); err != nil {
			return err
		}
	}
	return nil
}

func showChats(w io.Writer, s *store.Store) error {
	chats, err := s.Chats()
	if err != nil {
		return err
	}
	for _, c := range chats {
		if err := replay.Write(w, c); err != nil {
			return err
		}
	}
	return nil
}

// document is show --json.
type document struct {
	Dir        string            `json:"dir"`
	Meta       store.Meta        `json:"meta"`
	Incumbent  int               `json:"incumbent"`
	Trials     []store.Detail    `json:"trials"`
	Steering   []store.Steer     `json:"steering"`
	Cycles     []store.Cycle     `json:"cycles"`
	Mechanisms []store.Mechanism `json:"mechanisms"`
	Switches   []store.Switch    `json:"switches"`
	Tenures    []store.Tenure    `json:"tenures"`
	Usage      []store.Usage     `json:"usage"`
}

func showJSON(w io.Writer, s *store.Store) error {
	trials, err := s.Details()
	if err != nil {
		return err
	}
	spent, err := s.Usage()
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(document{
		Dir: s.Dir(), Meta: s.Meta(), Incumbent: s.View().Incumbent, Trials: notNil(trials), Steering: notNil(s.Steering()), Cycles: notNil(s.Cycles()),
		Mechanisms: notNil(s.Mechanisms()), Switches: notNil(s.Switches()), Tenures: notNil(s.Tenures()), Usage: notNil(spent),
	})
}

// notNil makes an empty list [] and not null.
func notNil[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}

// showRun is the form for people: the summary that evolve ends with, and then what it leaves out.
func showRun(w io.Writer, s *store.Store) error {
	if err := summary(w, s, 0); err != nil {
		return err
	}
	for _, part := range []func(io.Writer, *store.Store) error{showTrials, showSteering, showSwitches, showCosts, showTimes} {
		if err := part(w, s); err != nil {
			return err
		}
	}
	return nil
}

func showTrials(w io.Writer, s *store.Store) error {
	v := s.View()
	if len(v.Trials) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, "\nTrials (· is the incumbent's value of the time; lower bits per byte is better)\n\n%s", mechanisms.Table(v.Space, v.Trials)); err != nil {
		return err
	}
	for _, p := range v.Pending {
		if _, err := fmt.Fprintf(w, "in training: trial %d\n", p.Proposal.Seq); err != nil {
			return err
		}
	}
	return nil
}

func showSteering(w io.Writer, s *store.Store) error {
	acts := s.Steering()
	if len(acts) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nSteering (level 1.5)")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  from trial\tstrategy\tfrozen\tguidance")
	for _, a := range acts {
		x := a.Steering
		fmt.Fprintf(t, "  %d\t%s\t%s\t%s\n", x.Since, orDash(x.Strategy), orDash(strings.Join(x.Frozen, ", ")), orDash(firstLine(x.Guidance)))
	}
	return t.Flush()
}

func showSwitches(w io.Writer, s *store.Store) error {
	if cycles := s.Cycles(); len(cycles) > 0 {
		fmt.Fprintln(w, "\nPassages through level 2")
		t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		for _, c := range cycles {
			fmt.Fprintf(t, "  %d\tbefore trial %d\t%s\t%s\t%s\n", c.N, c.Seq, c.Outcome, orDash(c.Mechanism), firstLine(c.Why))
		}
		if err := t.Flush(); err != nil {
			return err
		}
	}
	switches := s.Switches()
	if len(switches) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nChanges of charge")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, x := range switches {
		fmt.Fprintf(t, "  from trial %d\t%s\t%s → %s\t%s\n", x.Seq, x.Kind, x.From, x.To, firstLine(x.Why))
	}
	return t.Flush()
}

func showCosts(w io.Writer, s *store.Store) error {
	spent, err := s.Usage()
	if err != nil || len(spent) == 0 {
		return err
	}
	fmt.Fprintln(w, "\nLanguage model")
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "  level\tchats\ttokens in\ttokens out\tUS dollars")
	for _, u := range spent {
		fmt.Fprintf(t, "  %s\t%d\t%d\t%d\t%s\n", u.Level, u.Chats, u.TokensIn, u.TokensOut, dollars(u, s.Meta().Simulated))
	}
	return t.Flush()
}

func dollars(u store.Usage, simulated bool) string {
	switch {
	case simulated:
		return "simulated"
	case u.CostUSD == 0:
		return "unknown"
	}
	return fmt.Sprintf("%.4f", u.CostUSD)
}

// showTimes says how much of the trials' time was training.
func showTimes(w io.Writer, s *store.Store) error {
	details, err := s.Details()
	if err != nil {
		return err
	}
	var training, around time.Duration
	trained, known := 0, 0
	for _, d := range details {
		if d.Memo {
			known++
		}
		if d.Memo || !d.Decided || d.Outcome.Result.Seconds == 0 {
			continue
		}
		trained++
		took := time.Duration(d.Outcome.Result.Seconds * float64(time.Second))
		training += took
		around += d.Settled.Sub(d.Proposed) - took
	}
	if trained == 0 {
		return nil
	}
	_, err = fmt.Fprintf(w, "\nTime: %d trials trained in %s, %s each; %s each between proposal and decision beside training; %d known from before\n",
		trained, duration(training), duration(training/time.Duration(trained)), duration(around/time.Duration(trained)), known)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
