package data

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"os"
	"path/filepath"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

// A Spec says how a corpus is made.
type Spec struct {
	Source text.Source

	// Vocabulary is V of a byte-pair encoder to be trained on the training documents: 256 bytes, merges and BOS, 257 or more.
	// 0 means bytes as tokens, V 272. DefaultVocabulary is the better choice for all but the smallest text.
	Vocabulary     int
	Tokenizer      *token.BPE // one that was trained before, in place of Vocabulary
	TokenizerBytes int64      // a new one learns from at most so much training text, from half of that or more if there is more; 0 means DefaultTokenizerBytes

	ValidationEvery int            // one document in so many is for validation, at least 2; 0 means DefaultValidationEvery
	ShardTokens     int64          // tokens in a shard file, exceeded by at most one document; 0 means DefaultShardTokens
	Progress        func(Progress) // called from one goroutine, at least once per step; nil for none
}

// A Step of making a corpus.
type Step string

// The steps, in their order. Only a Load hashes, and only a tokenizer that is to be trained counts and merges.
const (
	StepHash   Step = "hash"   // find out whether the text is in the cache
	StepCount  Step = "count"  // count the words of the training documents
	StepMerge  Step = "merge"  // learn merges from them; Bytes and Total are 0
	StepEncode Step = "encode" // write shards
)

// Progress tells how far the making of a corpus has come.
type Progress struct {
	Step  Step
	Bytes int64 // bytes of text done in this step
	Read  int64 // bytes of the source read in this step; see text.Source
	Total int64 // bytes of the source
}

func (s Spec) withDefaults() (Spec, error) {
	if s.ValidationEvery == 0 {
		s.ValidationEvery = DefaultValidationEvery
	}
	if s.ValidationEvery < 2 {
		return s, fmt.Errorf("one document in %d for validation, want 2 or more", s.ValidationEvery)
	}
	if s.TokenizerBytes == 0 {
		s.TokenizerBytes = DefaultTokenizerBytes
	}
	if s.TokenizerBytes < 1 {
		return s, fmt.Errorf("a tokenizer trained on %d bytes, want 1 or more", s.TokenizerBytes)
	}
	if s.Vocabulary != 0 && s.Vocabulary < 257 {
		return s, fmt.Errorf("vocabulary of %d, want 257 or more for a byte-pair encoder, or 0 for bytes", s.Vocabulary)
	}
	if s.Vocabulary != 0 && s.Tokenizer != nil {
		return s, fmt.Errorf("both a vocabulary of %d and a tokenizer, want one of them", s.Vocabulary)
	}
	if s.ShardTokens == 0 {
		s.ShardTokens = DefaultShardTokens
	}
	if s.ShardTokens < 1 {
		return s, fmt.Errorf("shards of %d tokens, want 1 or more", s.ShardTokens)
	}
	if s.Progress == nil {
		s.Progress = func(Progress) {}
	}
	return s, nil
}

// Build makes a corpus in dir, which must not exist yet or be empty. What it writes follows from the text and the spec alone,
// on any machine and any number of cores. Memory is bounded by two batches of documents and the tokenizer's words. dir
// is whole or not there: the work goes on in a folder beside it, which is removed when it fails.
func Build(ctx context.Context, dir string, spec Spec) (*Corpus, error) {
	spec, err := spec.withDefaults()
	if err != nil {
		return nil, fmt.Errorf("build corpus: %w", err)
	}
	if err := isFree(dir); err != nil {
		return nil, fmt.Errorf("build corpus: %w", err)
	}
	temp, _, err := buildBeside(ctx, dir, spec)
	if err != nil {
		return nil, fmt.Errorf("build corpus: %w", err)
	}
	defer os.RemoveAll(temp) // no longer there after the rename
	if err := os.Remove(dir); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("build corpus: %w", err)
	}
	if err := os.Rename(temp, dir); err != nil {
		return nil, fmt.Errorf("build corpus: %w", err)
	}
	return Open(dir)
}

func isFree(dir string) error {
	entries, err := os.ReadDir(dir)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(entries) > 0 {
		return fmt.Errorf("folder %s has %d entries, such as %s, want an empty or new one; choose another or remove it", dir, len(entries), entries[0].Name())
	}
	return nil
}

// buildBeside builds a corpus in a new folder next to dir, to be renamed or removed by the caller.
func buildBeside(ctx context.Context, dir string, spec Spec) (string, Manifest, error) {
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return "", Manifest{}, err
	}
	temp, err := os.MkdirTemp(filepath.Dir(dir), ".building-*")
	if err != nil {
		return "", Manifest{}, err
	}
	if err := os.Chmod(temp, 0o755); err != nil { // MkdirTemp keeps others out, who may well read a corpus
		return "", Manifest{}, errors.Join(err, os.RemoveAll(temp))
	}
	m, err := build(ctx, temp, spec)
	if err != nil {
		return "", m, errors.Join(err, os.RemoveAll(temp))
	}
	return temp, m, nil
}

func build(ctx context.Context, dir string, spec Spec) (Manifest, error) {
	tokenizer, record, err := makeTokenizer(ctx, dir, spec)
	if err != nil {
		return Manifest{}, err
	}
	m := Manifest{
		Source:          spec.Source.Describe(),
		ValidationEvery: spec.ValidationEvery,
		Tokenizer:       record,
	}
	idRoom := 3 // bytes a token, in most text
	if record.Kind == "bytes" {
		idRoom = 1
	}
	train := &sideWriter{dir: dir, side: Train, limit: spec.ShardTokens, tokenizer: m.Tokenizer}
	validation := &sideWriter{dir: dir, side: Validation, limit: spec.ShardTokens, tokenizer: m.Tokenizer}
	digest := textDigest{sum: sha256.New()}
	err = inOrder(ctx, spec.Source, func(d text.Document) encoded {
		return encoded{sha256.Sum256(d.Bytes), tokenizer.Encode(make([]int32, 0, len(d.Bytes)/idRoom), d.Bytes)}
	}, func(d text.Document, e encoded) error {
		digest.add(d, e.sum)
		spec.Progress(Progress{Step: StepEncode, Bytes: digest.bytes, Read: d.Read, Total: spec.Source.Size()})
		w := train
		if sideOf(e.sum, spec.ValidationEvery) == Validation {
			w = validation
		}
		return w.add(d, e.ids)
	})
	if err = errors.Join(err, train.finish(), validation.finish()); err != nil {
		return m, err
	}
	m.Text, m.Train, m.Validation = digest.String(), train.record, validation.record
	return m, writeManifest(dir, m)
}

type encoded struct {
	sum [sha256.Size]byte
	ids []int32
}

// A textDigest identifies a sequence of documents by their content.
type textDigest struct {
	sum   hash.Hash
	bytes int64
}

func (t *textDigest) add(d text.Document, sum [sha256.Size]byte) {
	t.sum.Write(sum[:])
	t.bytes += int64(len(d.Bytes))
}

func (t *textDigest) String() string { return hex.EncodeToString(t.sum.Sum(nil)) }
