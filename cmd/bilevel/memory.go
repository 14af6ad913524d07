package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/memory"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func memoryCommand() *cli.Command {
	asJSON := &cli.BoolFlag{Name: "json", Usage: "print JSON"}
	return &cli.Command{
		Name:  "memory",
		Usage: "list, show, edit, forget and add what runs have taught for later ones",
		Description: `A run that is done leaves what its trials showed; later runs of the same or a like task are told the surest
lessons of it at their start, by number at most 8. Confidence is for/(for + against + 2) over the trials that
show a lesson and those that show the contrary, each counting half after ten more runs; a lesson from
another task, space or machine counts less. Runs with the simulated model teach only each other.

Examples:
   bilevel memory list
   bilevel memory show r1a2b3c
   bilevel memory edit r1a2b3c --confidence 0.2
   bilevel memory forget r1a2b3c
   bilevel memory add --param MATRIX_LR --direction +1 --confidence 0.5 "Raising it helped in our cluster's runs."`,
		Action: groupAction,
		Subcommands: []*cli.Command{
			{
				Name: "list", Usage: "list the lessons, the surest first",
				Flags: []cli.Flag{memoryFlag(), asJSON}, Action: memoryListAction,
			},
			{
				Name: "show", Usage: "show a lesson with the trials it rests on", ArgsUsage: "ID",
				Flags: []cli.Flag{memoryFlag(), asJSON}, Action: memoryShowAction,
			},
			{
				Name: "edit", Usage: "change the words or the confidence of a lesson", ArgsUsage: "ID",
				Description: "A confidence that was set stays, whatever later runs show.",
				Flags: []cli.Flag{memoryFlag(),
					&cli.StringFlag{Name: "text", Usage: "new `WORDS`"},
					&cli.Float64Flag{Name: "confidence", Usage: "new confidence, 0 to 1"},
				},
				Action: memoryEditAction,
			},
			{
				Name: "forget", Usage: "forget lessons, or everything", ArgsUsage: "ID...",
				Description: "The trials that a lesson rests on count no more; new ones that show the same make it anew.",
				Flags:       []cli.Flag{memoryFlag(), &cli.BoolFlag{Name: "all", Usage: "forget every lesson, run and mechanism"}},
				Action:      memoryForgetAction,
			},
			{
				Name: "add", Usage: "add a lesson of your own", ArgsUsage: "WORDS",
				Flags: []cli.Flag{memoryFlag(),
					&cli.StringFlag{Name: "param", Usage: "`NAME` of the parameter it is about"},
					&cli.IntFlag{Name: "direction", Usage: "+1 raising it helps, -1 lowering it helps, 0 neither"},
					&cli.Float64Flag{Name: "effect", Usage: "change to expect: of bits per byte, or with --like of what that run measures, with its own sign"},
					&cli.Float64Flag{Name: "confidence", Value: 0.5, Usage: "0 to 1"},
					&cli.StringFlag{Name: "like", Usage: "only for the task of the run in `DIRECTORY`, and less for others (default: for every task)"},
				},
				Action: memoryAddAction,
			},
			memoryMechanismsCommand(),
		},
	}
}

// theMemory opens the memory for a verb about it. A file that is not there holds nothing; verbs that write make it.
func theMemory(c *cli.Context, make bool) (*memory.Memory, error) {
	path, err := memoryFile(c)
	switch {
	case err != nil:
		return nil, err
	case path == "":
		return nil, usage("the memory is turned off by --memory or BILEVEL_MEMORY; name a file")
	}
	return openMemory(c, make)
}

func memoryListAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("memory list takes no arguments, got %q", c.Args().First())
	}
	m, err := theMemory(c, false)
	if err != nil {
		return err
	}
	var all []memory.Lesson
	if m != nil {
		defer m.Close()
		if all, err = m.Lessons(); err != nil {
			return err
		}
	}
	if c.Bool("json") {
		return printJSON(c.App.Writer, notNil(all))
	}
	if len(all) == 0 {
		path, err := memoryFile(c)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(c.App.Writer, "nothing is remembered yet in %s; a run teaches when it is done\n", path)
		return err
	}
	w := tabwriter.NewWriter(c.App.Writer, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "id\tby\tconfidence\teffect\tparameter\tlesson\truns\tage\tlearnt on")
	for _, l := range all {
		fmt.Fprintf(w, "%s\t%s%s\t%.2f\t%s\t%s\t%s\t%d\t%d\t%s\n", l.ID, l.Kind, edited(l), l.Confidence, effect(l.Effect, l.Measure), orDash(l.Param), firstLine(l.Text), l.Runs, l.Age, scopeWords(l))
	}
	return w.Flush()
}

func edited(l memory.Lesson) string {
	if l.Edited {
		return ", edited"
	}
	return ""
}

// effect is a change with the sign of what was measured, and its name where that is not bits per byte.
func effect(x float64, of mechanisms.Measure) string {
	if x == 0 {
		return "-"
	}
	return strings.TrimSpace(fmt.Sprintf("%+.4f %s", of.Own(x), of.Name))
}

// scopeWords says where a lesson was learnt, in short.
func scopeWords(l memory.Lesson) string {
	s := l.Scope
	switch {
	case s.Task == "":
		return "everywhere"
	case s.Simulated && l.Kind != memory.ByPerson:
		return s.Task + " (simulated model)"
	}
	return s.Task
}

func memoryShowAction(c *cli.Context) error {
	m, l, err := oneLesson(c, "show")
	if err != nil {
		return err
	}
	defer m.Close()
	if c.Bool("json") {
		return printJSON(c.App.Writer, l)
	}
	return showLesson(c.App.Writer, l)
}

func showLesson(out io.Writer, l memory.Lesson) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "lesson\t%s, by %s%s\n", l.ID, l.Kind, edited(l))
	fmt.Fprintf(w, "words\t%s\n", l.Text)
	fmt.Fprintf(w, "about\t%s\n", orDash(l.Param))
	if l.Effect != 0 {
		fmt.Fprintf(w, "effect\t%+.4f %s, %s is better\n", l.Measure.Own(l.Effect), l.Measure, l.Measure.Gain())
	}
	fmt.Fprintf(w, "confidence\t%.3f: weight %.2f for, %.2f against, as old as they are\n", l.Confidence, l.For, l.Against)
	fmt.Fprintf(w, "age\t%d runs of this space learnt from since\n", l.Age)
	if l.Scope.Task != "" {
		fmt.Fprintf(w, "learnt on\t%s; space %s (%.12s)\n", scopeWords(l), l.Scope.Space, l.Scope.SpaceHash)
		if l.Scope.Clock {
			fmt.Fprintf(w, "machine\t%s; trials are by its clock\n", l.Scope.Hardware)
		}
	}
	for _, t := range l.Trials {
		word := "shows it"
		if t.Against {
			word = "shows the contrary"
		}
		fmt.Fprintf(w, "trial\t%d of run %s in %s %s, weight %.2f\n", t.Seq, t.Run, orDash(t.Dir), word, t.Weight)
	}
	return w.Flush()
}

// oneLesson opens the memory and finds the lesson that the verb was given.
func oneLesson(c *cli.Context, verb string) (*memory.Memory, memory.Lesson, error) {
	if c.NArg() != 1 {
		return nil, memory.Lesson{}, usage("memory %s wants one ID, got %d arguments; bilevel memory list shows them", verb, c.NArg())
	}
	m, err := theMemory(c, false)
	if err != nil {
		return nil, memory.Lesson{}, err
	}
	if m == nil {
		return nil, memory.Lesson{}, usage("nothing is remembered yet")
	}
	l, err := m.Find(c.Args().First())
	if err != nil {
		m.Close()
		return nil, l, unknownAsUsage(err)
	}
	return m, l, nil
}

// unknownAsUsage makes a name that is not remembered an error of the command line.
func unknownAsUsage(err error) error {
	if errors.Is(err, memory.ErrUnknown) {
		return asUsage(err)
	}
	return err
}

func memoryEditAction(c *cli.Context) error {
	if !c.IsSet("text") && !c.IsSet("confidence") {
		return usage("memory edit: say what to change, --text or --confidence")
	}
	m, l, err := oneLesson(c, "edit")
	if err != nil {
		return err
	}
	defer m.Close()
	var text *string
	var confidence *float64
	if c.IsSet("text") {
		words := strings.TrimSpace(c.String("text"))
		text = &words
	}
	if c.IsSet("confidence") {
		x := c.Float64("confidence")
		confidence = &x
	}
	if err := m.Edit(l.ID, text, confidence); err != nil {
		return asUsage(err)
	}
	if l, err = m.Find(l.ID); err != nil {
		return err
	}
	return showLesson(c.App.Writer, l)
}

func memoryForgetAction(c *cli.Context) error {
	if c.Bool("all") == (c.NArg() > 0) {
		return usage("memory forget wants IDs, or --all")
	}
	m, err := theMemory(c, false)
	if err != nil {
		return err
	}
	if m == nil {
		return usage("nothing is remembered yet")
	}
	defer m.Close()
	if c.Bool("all") {
		n, err := m.ForgetAll()
		if err == nil {
			_, err = fmt.Fprintf(c.App.Writer, "forgot what %d %s taught\n", n, plural(n, "run"))
		}
		return err
	}
	for _, id := range c.Args().Slice() {
		if err := m.Forget(id); err != nil {
			return unknownAsUsage(err)
		}
		fmt.Fprintf(c.App.Writer, "forgot %s\n", id)
	}
	return nil
}

func memoryAddAction(c *cli.Context) error {
	s := memory.Statement{
		Kind: memory.ByPerson, Text: strings.TrimSpace(strings.Join(c.Args().Slice(), " ")), Param: c.String("param"), Direction: c.Int("direction"),
		Effect: c.Float64("effect"), Confidence: c.Float64("confidence"),
	}
	if dir := c.String("like"); dir != "" {
		run, err := runOf(dir)
		if err != nil {
			return err
		}
		s.Scope, s.Effect = run.Scope, run.Space.Measure.Own(s.Effect)
		if s.Param != "" && run.Space.Index(s.Param) < 0 {
			return usage("--param: space %s has no parameter %s%s", run.Space.Name, s.Param, meant(s.Param, run.Space.Names(), ""))
		}
	}
	m, err := theMemory(c, true)
	if err != nil {
		return err
	}
	defer m.Close()
	id, err := m.Write(s)
	if err != nil {
		return asUsage(err)
	}
	_, err = fmt.Fprintln(c.App.Writer, id)
	return err
}

// runOf reads a run as the memory sees it.
func runOf(dir string) (memory.Run, error) {
	st, err := store.Read(dir)
	if err != nil {
		return memory.Run{}, err
	}
	defer st.Close()
	return memory.Of(st)
}

func printJSON(w io.Writer, x any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(x)
}
