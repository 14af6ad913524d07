package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

// CacheDir is where corpora are kept between runs: $BILEVEL_CACHE, or bilevel in the user's cache folder. It may be deleted at
// any time.
func CacheDir() (string, error) {
	if dir := os.Getenv("BILEVEL_CACHE"); dir != "" {
		return dir, nil
	}
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("cache folder: %w; set BILEVEL_CACHE to a folder", err)
	}
	return filepath.Join(dir, "bilevel"), nil
}

// Load opens the corpus of a spec from below cacheDir, or makes it there. The text is read and hashed every time, so a file
// that has changed gives another corpus. A corpus in the cache that does not open is made again. Several processes may Load
// the same corpus at once: each makes it, the first one's stays.
//
// A worker that is to use the very corpus its parent loaded gets Dir from it and calls Open.
func Load(ctx context.Context, cacheDir string, spec Spec) (*Corpus, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("load corpus: %w", err)
	}
	digest, err := hashText(ctx, spec)
	if err != nil {
		return nil, fmt.Errorf("load corpus: %w", err)
	}
	dir := filepath.Join(cacheDir, "corpora", cacheKey(digest, spec))
	c, err := Open(dir)
	if err == nil {
		if c.manifest.Text != digest {
			c.Close()
			return nil, fmt.Errorf("load corpus: %s holds the text %s, want %s; remove that folder", dir, c.manifest.Text, digest)
		}
		return c, nil
	}
	if !errors.Is(err, ErrNoCorpus) { // there is a manifest, but what it lists is damaged
		if err := removeCached(dir); err != nil {
			return nil, fmt.Errorf("load corpus: %w", err)
		}
	}
	if err := buildCached(ctx, dir, digest, spec); err != nil {
		return nil, fmt.Errorf("load corpus: %w", err)
	}
	return Open(dir)
}

func hashText(ctx context.Context, spec Spec) (string, error) {
	digest := textDigest{sum: sha256.New()}
	err := inOrder(ctx, spec.Source, func(d text.Document) [sha256.Size]byte {
		return sha256.Sum256(d.Bytes)
	}, func(d text.Document, sum [sha256.Size]byte) error {
		digest.add(d, sum)
		spec.Progress(Progress{Step: StepHash, Bytes: digest.bytes, Read: d.Read, Total: spec.Source.Size()})
		return nil
	})
	if err == nil && digest.bytes == 0 {
		err = fmt.Errorf("no text in %s; give files with text in them", spec.Source.Describe())
	}
	return digest.String(), err
}

// cacheKey is a short name for all that decides what Build writes.
func cacheKey(digest string, spec Spec) string {
	trained := "here"
	if spec.Tokenizer != nil {
		trained = spec.Tokenizer.Hash()
	}
	sum := sha256.Sum256(fmt.Appendf(nil, "manifest %d, shards %d, text %s, one in %d validates, V %d, %s, tokenizer %s trained on %d bytes, %d tokens a shard",
		manifestVersion, shardVersion, digest, spec.ValidationEvery, spec.Vocabulary, token.Rule, trained, spec.TokenizerBytes, spec.ShardTokens))
	return hex.EncodeToString(sum[:12])
}

// buildCached builds beside dir and renames the finished folder, so that dir is whole or not there.
func buildCached(ctx context.Context, dir, digest string, spec Spec) error {
	temp, m, err := buildBeside(ctx, dir, spec)
	if err != nil {
		return err
	}
	defer os.RemoveAll(temp) // no longer there after the rename
	if m.Text != digest {
		return fmt.Errorf("%s changed while it was read; run again when the files are at rest", m.Source)
	}
	if os.Rename(temp, dir) == nil {
		return nil
	}
	if _, err := os.Stat(filepath.Join(dir, manifestFile)); err == nil {
		return nil // another process was first, with the same bytes
	}
	if err := removeCached(dir); err != nil { // what was left of an entry without its manifest
		return err
	}
	return os.Rename(temp, dir)
}

// removeCached deletes a damaged entry of the cache, and nothing that this package did not write.
func removeCached(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		name := entry.Name()
		if name != manifestFile && name != tokenizerFile && !strings.HasSuffix(name, ".tokens") {
			return fmt.Errorf("cached corpus %s is damaged and has a foreign file %s in it; look at it and remove the folder", dir, name)
		}
	}
	return os.RemoveAll(dir)
}
