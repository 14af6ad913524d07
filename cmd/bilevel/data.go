package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func dataCommand() *cli.Command {
	return &cli.Command{
		Name:   "data",
		Usage:  "prepare text to train on",
		Action: groupAction,
		Subcommands: []*cli.Command{{
			Name:      "prepare",
			Usage:     "turn files and folders into shards of tokens",
			ArgsUsage: "PATH...",
			Description: `Reads plain files, .jsonl (a document a line) and .parquet (a document a row), each but Parquet also as .gz
or .zst; deals every document to training or validation by the hash of its content; trains a byte-pair
tokenizer on the training documents; and writes shards with a manifest of their hashes. Memory stays bounded.

evolve and train prepare what --text names by themselves and cache it. Prepare it here when it is large,
when it has another field, or to keep it.

Examples:
   bilevel data prepare --out corpus ~/books
   bilevel data prepare --out corpus --vocabulary 8192 --field content dump.jsonl.zst
   bilevel evolve --prepared corpus`,
			Flags: []cli.Flag{
				&cli.StringFlag{Name: "out", Usage: "new `FOLDER` for the shards"},
				&cli.IntFlag{Name: "vocabulary", Value: data.DefaultVocabulary, Usage: "`TOKENS` of the byte-pair tokenizer, 257 or more; 0 for bytes as tokens"},
				&cli.StringFlag{Name: "field", Value: "text", Usage: "`NAME` of the field of .jsonl lines, or the column of Parquet files"},
				&cli.IntFlag{Name: "cut", Usage: "divide plain files into documents of at most so many `BYTES`; 0 for none"},
				&cli.IntFlag{Name: "validation-every", Value: data.DefaultValidationEvery, Usage: "one document in `N` is for validation"},
			},
			Action: prepareAction,
		}},
	}
}

func prepareAction(c *cli.Context) error {
	if c.NArg() == 0 {
		return usage("data prepare wants files or folders: bilevel data prepare --out corpus PATH...")
	}
	if c.String("out") == "" {
		return usage("data prepare wants --out, a new folder for the shards")
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	source, err := text.Files(c.Args().Slice(), text.FileOptions{Field: c.String("field"), Cut: c.Int("cut")})
	if err != nil {
		return asUsage(err)
	}
	line := newOverwritten(c.App.ErrWriter)
	corpus, err := data.Build(ctx, c.String("out"), data.Spec{
		Source: source, Vocabulary: c.Int("vocabulary"), ValidationEvery: c.Int("validation-every"),
		Progress: func(p data.Progress) {
			line.say("%s: %.1f of %.1f MB", p.Step, float64(p.Read)/1e6, float64(p.Total)/1e6)
		},
	})
	line.end()
	if ctx.Err() != nil {
		return cli.Exit("interrupted; "+c.String("out")+" holds nothing that can be used", exitInterrupted)
	}
	if err != nil {
		return err
	}
	defer corpus.Close()
	m := corpus.Manifest()
	w := c.App.Writer
	for _, side := range []struct {
		name string
		data.SideRecord
	}{{"training", m.Train}, {"validation", m.Validation}} {
		fmt.Fprintf(w, "%-10s %d documents, %.1f MB, %d tokens (%.2f bytes a token)\n", side.name, side.Documents, float64(side.Bytes)/1e6, side.Tokens,
			float64(side.Bytes)/float64(max(1, side.Tokens)))
	}
	_, err = fmt.Fprintf(w, "vocabulary %d, corpus %.12s in %s\ntrain on it with --prepared %s\n", m.Tokenizer.V, m.Hash, corpus.Dir(), corpus.Dir())
	return err
}
