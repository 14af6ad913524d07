package main

import (
	"encoding/json"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/harness/store"
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
   guidance    what persons said, and from which trial on
   cycles      every passage through level 2
   mechanisms  every source, with spec, dialogue, findings and verdict
   switches    every change of the mechanism in charge
   tenures     every time of charge, with influence and gain
   usage       chats, tokens and US dollars by level
   anchors     every point that was trained again to measure the noise
   noise       what they show: deviation, drift and speed with intervals
   saved       budget not spent by stopping trials early
   contained   what held the runners, null where that was not noted
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

// recorded opens the record of a run to be read. To name the folder of an ablation in its place is a mistake that is easily made.
func recorded(dir string) (*store.Store, error) {
	if found, err := ablate.Exists(dir); found && err == nil {
		return nil, usage("%s holds an ablation and no run; bilevel report %s makes a page of it, also while it goes on", dir, dir)
	}
	return store.Read(dir)
}

func showAction(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("show wants one run directory, got %d arguments: bilevel show runs/1", c.NArg())
	}
	s, err := recorded(c.Args().First())
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
	Guidance   []store.Guidance  `json:"guidance"`
	Cycles     []store.Cycle     `json:"cycles"`
	Mechanisms []store.Mechanism `json:"mechanisms"`
	Switches   []store.Switch    `json:"switches"`
	Tenures    []store.Tenure    `json:"tenures"`
	Usage      []store.Usage     `json:"usage"`
	Anchors    []store.Anchor    `json:"anchors"`
	Noise      evolve.Noise      `json:"noise"`
	Saved      evolve.Saved      `json:"saved"`
	Contained  *contain.Report   `json:"contained"`
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
	held, err := containedBy(s)
	if err != nil {
		return err
	}
	anchors, err := s.Anchors()
	if err != nil {
		return err
	}
	measured, err := evolve.NoiseOf(s)
	if err != nil {
		return err
	}
	saved, err := evolve.SavedOf(s)
	if err != nil {
		return err
	}
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(document{
		Dir: s.Dir(), Meta: s.Meta(), Incumbent: s.View().Incumbent, Trials: notNil(trials), Steering: notNil(s.Steering()), Guidance: notNil(s.Guidance()), Cycles: notNil(s.Cycles()),
		Mechanisms: notNil(s.Mechanisms()), Switches: notNil(s.Switches()), Tenures: notNil(s.Tenures()), Usage: notNil(spent),
		Anchors: notNil(anchors), Noise: measured, Saved: saved, Contained: held,
	})
}

// notNil makes an empty list [] and not null.
func notNil[T any](x []T) []T {
	if x == nil {
		return []T{}
	}
	return x
}
