package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"text/tabwriter"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/review"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog/full"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

func benchCommand() *cli.Command {
	return &cli.Command{
		Name: "bench", Usage: "compare two mechanisms on synthetic surfaces", ArgsUsage: "A B",
		Description: `Each is the name of one written by hand, the name of one of --run, a file, or the folder of a kept one. Both search
the same instances, which are drawn from a hash of their sources, with the same stand-in for the language model. A difference
below 0 means that A ends lower. The figures say nothing about GPTs.

Examples:
   bilevel mechanism bench foldover greedy
   bilevel mechanism bench fold.go tabu --searches 60
   bilevel mechanism bench fold-a1b2c3 greedy --run runs/1 --json`,
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "run", Usage: "names may be of mechanisms of the run in `DIRECTORY`"},
			searchesFlag(),
			&cli.StringFlag{Name: "proposer", Value: surfaces.Proposers[0].Name, Usage: "who plays the language model: rut, which has bad habits, or unbiased"},
			&cli.BoolFlag{Name: "json", Usage: "print JSON"},
		},
		Action: benchAction,
	}
}

// A contender is a mechanism to be measured. Of one written by hand only the entry's New is set, and it is measured in
// this process; any other is measured in a runner of its own.
type contender struct {
	entry  mechanisms.Entry // with Name and Hash
	runner *gen.Report      // with the binary, of one not written by hand
}

// compared is bench --json.
type compared struct {
	A        string             `json:"a"`
	B        string             `json:"b"`
	Searches int                `json:"searches"`
	Proposer string             `json:"proposer"`
	Families []comparedOnFamily `json:"families"`
}

type comparedOnFamily struct {
	Family     string           `json:"family"`
	Difference float64          `json:"difference"` // of regret30, A's minus B's: below 0, A ends lower
	Low        float64          `json:"low"`        // 95 % confidence
	High       float64          `json:"high"`
	P          float64          `json:"p"`
	Adjusted   float64          `json:"p_adjusted"` // after Holm's correction over the families
	A          surfaces.Figures `json:"figures_a"`
	B          surfaces.Figures `json:"figures_b"`
}

func benchAction(c *cli.Context) error {
	if c.NArg() != 2 {
		return usage("mechanism bench wants two mechanisms, got %d arguments", c.NArg())
	}
	if n := c.Int("searches"); n < 2 {
		return usage("--searches %d, want at least 2: one search has no spread", n)
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	line := newOverwritten(c.App.ErrWriter)
	result, err := benched(ctx, c, line)
	line.end()
	if ctx.Err() != nil {
		return cli.Exit("interrupted", exitInterrupted)
	}
	if err != nil {
		return err
	}
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		return enc.Encode(result)
	}
	return tellBench(c, result)
}

// benched measures and compares the two mechanisms that a command line names.
func benched(ctx context.Context, c *cli.Context, line *overwritten) (compared, error) {
	result := compared{Searches: c.Int("searches"), Proposer: c.String("proposer")}
	b := bencher{c: c, line: line}
	var pair [2]contender
	for i := range pair {
		var err error
		if pair[i], err = b.find(ctx, c.Args().Get(i)); err != nil {
			return result, err
		}
	}
	result.A, result.B = pair[0].entry.Name, pair[1].entry.Name
	seeds, err := surfaces.Seeds(result.Searches, pair[0].entry, pair[1].entry)
	if err != nil {
		return result, err
	}
	order := surfaces.Order{Proposer: result.Proposer, Seeds: seeds}
	for _, f := range surfaces.Families {
		order.Families = append(order.Families, f.Name)
	}
	var figures [2][]surfaces.Figures
	for i, x := range pair {
		line.say("measuring %s …", x.entry.Name)
		if figures[i], err = b.measure(ctx, x, order); err != nil {
			return result, err
		}
	}
	var all []surfaces.Comparison
	for k := range order.Families {
		pairing, err := surfaces.Pair(figures[0][k], figures[1][k])
		if err != nil {
			return result, err
		}
		all = append(all, pairing)
	}
	adjusted := review.Holm(all)
	for k, f := range order.Families {
		x := all[k]
		result.Families = append(result.Families, comparedOnFamily{f, x.Difference, x.Low, x.High, x.P, adjusted[k], x.A, x.B})
	}
	return result, nil
}

// A bencher finds and measures mechanisms; the gates are opened when the first needs them.
type bencher struct {
	c        *cli.Context
	line     *overwritten
	pipeline *gen.Pipeline
}

func (b *bencher) find(ctx context.Context, name string) (contender, error) {
	for _, e := range full.All() {
		if e.Name == name {
			return contender{entry: e}, nil
		}
	}
	source, err := b.source(name)
	if err != nil {
		return contender{}, err
	}
	if b.pipeline == nil {
		if b.pipeline, err = newPipeline(ctx); err != nil {
			return contender{}, err
		}
	}
	r, err := b.pipeline.Build(ctx, []byte(source.Source), gen.Examination{
		Idea: ideaOf(source), Step: func(s gen.Step) { b.line.say("%s: %s …", name, s.Name) },
	})
	switch {
	case err != nil:
		return contender{}, fmt.Errorf("mechanism bench %s: %w", name, err)
	case !r.OK():
		return contender{}, cli.Exit(fmt.Sprintf("%s is refused at %s: %s; bilevel mechanism vet tells all", name, r.Gate, r.Findings[0]), exitFindings)
	}
	return contender{mechanisms.Entry{Name: r.Name, Hash: r.Hash}, &r}, nil
}

// source finds a mechanism that is not written by hand.
func (b *bencher) source(name string) (review.Subject, error) {
	if dir := b.c.String("run"); dir != "" {
		s, err := store.Read(dir)
		if err != nil {
			return review.Subject{}, err
		}
		defer s.Close()
		if m, ok := s.Mechanism(name); ok && m.Source != "" {
			return fromRun(s, m)
		}
	}
	info, err := os.Stat(name)
	if err != nil {
		var names []string
		for _, e := range full.All() {
			names = append(names, e.Name)
		}
		return review.Subject{}, usage("no mechanism %q, nor a file%s", name, meant(name, names, ""))
	}
	if info.IsDir() {
		return fromFolder(name)
	}
	src, err := os.ReadFile(name)
	return review.Subject{Source: string(src)}, err
}

func (b *bencher) measure(ctx context.Context, x contender, o surfaces.Order) ([]surfaces.Figures, error) {
	if x.runner == nil {
		return o.Measure(x.entry)
	}
	m, err := b.pipeline.Benchmark(ctx, *x.runner.Binary, o)
	if err != nil {
		return nil, fmt.Errorf("mechanism bench %s: %w", x.entry.Name, err)
	}
	return m.Current.Figures, nil
}

func tellBench(c *cli.Context, r compared) error {
	out := c.App.Writer
	fmt.Fprintf(out, "%d searches of %d trials; %s plays the model; regret: 1 is the default, 0 the optimum; flat: loss in noise standard deviations\n\n", r.Searches, surfaces.Trials, r.Proposer)
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "surfaces\t%s\t%s\tdifference\t95 %% interval\tp\tp, Holm\n", r.A, r.B)
	for _, f := range r.Families {
		fmt.Fprintf(w, "%s\t%.3f ± %.3f\t%.3f ± %.3f\t%+.3f\t%+.3f to %+.3f\t%.4f\t%.4f\n",
			f.Family, f.A.Regret30, f.A.Error(), f.B.Regret30, f.B.Error(), f.Difference, f.Low, f.High, f.P, f.Adjusted)
	}
	return w.Flush()
}

// ideaOf is what a mechanism is named for; its hash is added to it.
func ideaOf(s review.Subject) string { return wrap.Idea(s.Name, s.Hash()) }
