package task

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// openText opens the prepared text of a spec, and prepares it where there is none.
func openText(ctx context.Context, s Spec, size Size, told func(Preparing)) (*data.Corpus, error) {
	if s.Prepared != "" {
		if len(s.Text) > 0 {
			return nil, fmt.Errorf("both text %s and prepared text %s, want one of them", s.Text[0], s.Prepared)
		}
		return data.Open(s.Prepared)
	}
	if s.Corpus != "" {
		c, err := data.Open(s.Corpus)
		if !errors.Is(err, data.ErrNoCorpus) {
			return c, err
		}
		// The cache was cleared; the text is prepared again, and Spec.Stream holds it to be the same.
	}
	if len(s.Text) == 1 && isFolder(s.Text[0]) { // it may be one that the user has prepared
		if c, err := data.Open(s.Text[0]); !errors.Is(err, data.ErrNoCorpus) {
			return c, err
		}
	}
	source, err := textSource(ctx, s)
	if err != nil {
		return nil, err
	}
	cache, err := data.CacheDir()
	if err != nil {
		return nil, err
	}
	return data.Load(ctx, cache, data.Spec{Source: source, Vocabulary: size.Vocabulary, Progress: func(p data.Progress) {
		told(Preparing{Step: string(p.Step), Bytes: p.Read, Total: p.Total})
	}})
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func textSource(ctx context.Context, s Spec) (text.Source, error) {
	if len(s.Text) > 0 {
		return text.Files(s.Text, text.FileOptions{})
	}
	root, err := text.FindGoRoot(ctx)
	if err != nil {
		return nil, err
	}
	return text.GoStandard(root, text.GoLimit)
}
