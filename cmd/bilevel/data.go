package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func dataCommand() *cli.Command {
	return &cli.Command{
		Name:  "data",
		Usage: "prepare text to train on",
		Subcommands: []*cli.Command{
			{
				Name: "prepare", Usage: "turn files into token shards", ArgsUsage: "PATH...",
				Description: `Reads files and folders: plain text, .jsonl (one document a line), .parquet (one a row), each but Parquet also
as .gz or .zst. Trains a byte-pair encoder on the training documents, splits by the hash of each document, and writes
shards with a manifest that names everything by its hash. Memory stays bounded, whatever the text's size.

Examples:
   bilevel data prepare --out books ~/books
   bilevel data prepare --out web --vocabulary 8192 --field content crawl-*.jsonl.zst
   bilevel evolve --text books`,
				Flags: []cli.Flag{
					&cli.StringFlag{Name: "out", Required: true, Usage: "`FOLDER` to write, which must not exist or be empty"},
					&cli.IntFlag{Name: "vocabulary", Value: data.DefaultVocabulary, Usage: "`TOKENS` of the encoder: 257 or more, or 0 for bytes as tokens"},
					&cli.StringFlag{Name: "field", Value: "text", Usage: "`NAME` of the field or column that holds the text"},
					&cli.IntFlag{Name: "cut", Usage: "`BYTES` at which plain files are cut into documents; 0 leaves them whole"},
					&cli.IntFlag{Name: "validation-every", Value: data.DefaultValidationEvery, Usage: "one document in `N` is held out"},
				},
				Action: dataPrepare,
			},
			{
				Name: "show", Usage: "print what a prepared folder holds", ArgsUsage: "FOLDER",
				Flags:  []cli.Flag{&cli.BoolFlag{Name: "json", Usage: "print the manifest"}},
				Action: dataShow,
			},
		},
	}
}

func dataPrepare(c *cli.Context) error {
	if c.NArg() == 0 {
		return usage("data prepare wants files or folders to read: bilevel data prepare --out FOLDER PATH...")
	}
	ctx, stop := interruptible(c.Context)
	defer stop()
	source, err := text.Files(c.Args().Slice(), text.FileOptions{Field: c.String("field"), Cut: c.Int("cut")})
	if err != nil {
		return asUsage(err)
	}
	line := newOverwritten(c.App.ErrWriter)
	vocabulary := c.Int("vocabulary")
	corpus, err := data.Build(ctx, c.String("out"), data.Spec{
		Source: source, Vocabulary: vocabulary, ValidationEvery: c.Int("validation-every"),
		Progress: func(p data.Progress) {
			line.say("%s: %.1f of %.1f MB read", p.Step, float64(p.Read)/1e6, float64(p.Total)/1e6)
		},
	})
	line.end()
	if ctx.Err() != nil {
		return cli.Exit("interrupted; nothing was written", exitInterrupted)
	}
	if err != nil {
		return err
	}
	return printManifest(c.App.Writer, corpus.Manifest())
}

func dataShow(c *cli.Context) error {
	if c.NArg() != 1 {
		return usage("data show wants one prepared folder, got %d arguments", c.NArg())
	}
	corpus, err := data.Open(c.Args().First())
	if err != nil {
		return err
	}
	if c.Bool("json") {
		enc := json.NewEncoder(c.App.Writer)
		enc.SetIndent("", "  ")
		return enc.Encode(corpus.Manifest())
	}
	return printManifest(c.App.Writer, corpus.Manifest())
}

func printManifest(w io.Writer, m data.Manifest) error {
	_, err := fmt.Fprintf(w, `source      %s
tokenizer   %s, vocabulary %d
train       %s
validation  %s
hash        %s
`, m.Source, m.Tokenizer.Kind, m.Tokenizer.V, sideWords(m.Train), sideWords(m.Validation), m.Hash)
	return err
}

func sideWords(s data.SideRecord) string {
	return fmt.Sprintf("%d documents, %d bytes, %d tokens (%.2f bytes each), %d shards",
		s.Documents, s.Bytes, s.Tokens, float64(s.Bytes)/max(1, float64(s.Tokens)), len(s.Shards))
}
