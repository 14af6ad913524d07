package data

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"math/bits"
	"path/filepath"
	"runtime"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

const (
	tokenizerFile = "tokenizer.json"

	// DefaultVocabulary is the V for small models: with fewer ids a sequence holds less text, with more the head outweighs the
	// rest of a model of 64 channels.
	DefaultVocabulary = 2048

	// bosName is how the token that begins a document is called in a tokenizer file.
	bosName = "<|bos|>"

	// DefaultTokenizerBytes is how much training text a tokenizer learns from. More adds only words too rare for a merge.
	DefaultTokenizerBytes = 256 << 20
)

// makeTokenizer returns the tokenizer that a spec asks for, and puts it in dir if it is one that is trained.
func makeTokenizer(ctx context.Context, dir string, spec Spec) (token.Tokenizer, TokenizerRecord, error) {
	bpe := spec.Tokenizer
	if bpe == nil && spec.Vocabulary == 0 {
		t := token.Bytes{}
		return t, TokenizerRecord{Kind: "bytes", V: t.V(), Hash: t.Hash()}, nil
	}
	if bpe == nil {
		words, err := countWords(ctx, spec)
		if err != nil {
			return nil, TokenizerRecord{}, err
		}
		spec.Progress(Progress{Step: StepMerge})
		if bpe, err = token.TrainBPE(words, spec.Vocabulary, bosName); err != nil {
			return nil, TokenizerRecord{}, err
		}
	}
	content, err := json.Marshal(bpe)
	if err != nil {
		return nil, TokenizerRecord{}, err
	}
	record := TokenizerRecord{Kind: "bpe", V: bpe.V(), Hash: bpe.Hash(), File: tokenizerFile}
	return bpe, record, writeOnce(filepath.Join(dir, tokenizerFile), append(content, '\n'))
}

// countWords counts the words of training documents: of all of them if they have at most TokenizerBytes, else of a half, or a
// quarter, and so on, chosen by content, so that neither the order of the documents nor how they are stored matters.
// Validation documents teach the tokenizer nothing.
func countWords(ctx context.Context, spec Spec) (*token.Counter, error) {
	sample := &sample{limit: spec.TokenizerBytes}
	free := make(chan *levels, runtime.GOMAXPROCS(0))
	for range cap(free) {
		free <- &levels{}
	}
	done := int64(0)
	err := inOrder(ctx, spec.Source, func(d text.Document) int {
		sum := sha256.Sum256(d.Bytes)
		if sideOf(sum, spec.ValidationEvery) != Train {
			return -1
		}
		// The first eight bytes have decided the side.
		level := min(bits.LeadingZeros64(binary.BigEndian.Uint64(sum[8:])), maxLevel)
		counters := <-free
		counters.add(level, d.Bytes, sample)
		free <- counters
		return level
	}, func(d text.Document, level int) error {
		sample.add(level, len(d.Bytes))
		done += int64(len(d.Bytes))
		spec.Progress(Progress{Step: StepCount, Bytes: done, Read: d.Read, Total: spec.Source.Size()})
		return nil
	})
	if err != nil {
		return nil, err
	}
	words := token.NewCounter()
	for range cap(free) {
		(<-free).mergeInto(words, sample)
	}
	if words.Words() == 0 {
		return nil, fmt.Errorf("no training document to learn a tokenizer from in %s; give more text", spec.Source.Describe())
	}
	return words, nil
}

// open returns the tokenizer of a record and refuses one that is not it.
func (r TokenizerRecord) open(dir string) (token.Tokenizer, error) {
	var t token.Tokenizer
	switch r.Kind {
	case "bytes":
		t = token.Bytes{}
	case "bpe":
		bpe, err := token.OpenBPE(filepath.Join(dir, tokenizerFile))
		if err != nil {
			return nil, err
		}
		t = bpe
	default:
		return nil, fmt.Errorf("tokenizer of kind %q, want bytes or bpe; prepare the corpus again with this program", r.Kind)
	}
	if t.Hash() != r.Hash || t.V() != r.V {
		return nil, fmt.Errorf("tokenizer has V %d and hash %s, the manifest says %d and %s; prepare the corpus again", t.V(), t.Hash(), r.V, r.Hash)
	}
	return t, nil
}
