package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// StreamOptions choose a stream from a corpus.
type StreamOptions struct {
	T int // tokens in a sequence, 1 to 65535

	// Seed orders the training sequences. A run gives all of its trials the same one: the order of the data moves the result
	// by as much as many a change of hyperparameters does, and it would drown them.
	Seed uint64

	// ValidationTokens is the size of the validation set in tokens, a multiple of T; 0 means 65,536 or all there is, but not
	// under 8192.
	ValidationTokens int
}

const (
	defaultValidationTokens = 64 << 10
	leastValidationTokens   = 8 << 10
)

// A Stream gives sequences by their number: T+1 tokens that begin with BOS, of which the first T are inputs and the last T their
// targets. Training sequence i is the same for all who ask, in whatever batches they ask; behind the last one the next epoch
// begins in another order. A stream is safe for use by several goroutines.
type Stream struct {
	corpus     *Corpus
	context    int
	seed       uint64
	train      *packing
	validation *packing
	held       order // of the validation rows
	heldRows   int
}

// Stream packs the corpus into sequences.
func (c *Corpus) Stream(o StreamOptions) (*Stream, error) {
	if o.T < 1 || o.T > maxT {
		return nil, fmt.Errorf("stream of corpus %s: T is %d, want 1 to %d", c.dir, o.T, maxT)
	}
	s := &Stream{corpus: c, context: o.T, seed: o.Seed, train: pack(c.train.ends, o.T), validation: pack(c.validate.ends, o.T)}
	if s.train.rows() == 0 {
		return nil, fmt.Errorf("stream of corpus %s: %d training tokens, want at least %d for one sequence; give more text", c.dir, c.train.tokens, o.T)
	}
	var err error
	if s.heldRows, err = s.validationRows(o.ValidationTokens); err != nil {
		return nil, fmt.Errorf("stream of corpus %s: %w", c.dir, err)
	}
	s.held = newOrder(uint64(s.validation.rows()), 0, 0)
	return s, nil
}

// validationRows is the number of sequences that hold the tokens asked for.
func (s *Stream) validationRows(tokens int) (int, error) {
	T, there := s.context, s.validation.rows()
	side := s.corpus.manifest.Validation
	if tokens != 0 {
		if tokens < 0 || tokens%T != 0 {
			return 0, fmt.Errorf("%d validation tokens, want a positive multiple of T = %d", tokens, T)
		}
		if tokens/T > there {
			return 0, fmt.Errorf("%d documents in validation hold %d tokens, want %d; give more text, ask for fewer, or let more documents validate", side.Documents, there*T, tokens)
		}
		return tokens / T, nil
	}
	least := max(1, leastValidationTokens/T)
	if there < least {
		return 0, fmt.Errorf("%d documents in validation hold %d tokens, want at least %d; give more text, or let more documents validate", side.Documents, there*T, least*T)
	}
	return min(there, max(least, defaultValidationTokens/T)), nil
}

// Vocabulary is V, the number of token ids.
func (s *Stream) Vocabulary() int { return s.corpus.manifest.Tokenizer.V }

// Context is T, the number of predictions in a sequence.
func (s *Stream) Context() int { return s.context }

// TokenBytes is the number of bytes that each id stands for, 0 for special ones. Not to be changed.
func (s *Stream) TokenBytes() []int { return s.corpus.tokenizer.Bytes() }

// TrainSequences is the number of sequences in an epoch.
func (s *Stream) TrainSequences() int64 { return int64(s.train.rows()) }

// ValidationSequences is the number of sequences in the validation set.
func (s *Stream) ValidationSequences() int { return s.heldRows }

// TrainSequence fills row, T+1 tokens, with training sequence i >= 0.
func (s *Stream) TrainSequence(i int64, row []int32) {
	n := uint64(s.train.rows())
	o := newOrder(n, s.seed, uint64(i)/n)
	s.fill(row, s.corpus.train, s.train.row(int(o.at(uint64(i)%n))))
}

// ValidationSequence fills row, T+1 tokens, with validation sequence i < ValidationSequences.
func (s *Stream) ValidationSequence(i int, row []int32) {
	if i >= s.heldRows {
		panic(fmt.Sprintf("data: validation sequence %d of %d", i, s.heldRows))
	}
	s.fill(row, s.corpus.validate, s.validation.row(int(s.held.at(uint64(i)))))
}

func (s *Stream) fill(row []int32, from *side, segments []segment) {
	if len(row) != s.context+1 {
		panic(fmt.Sprintf("data: row of %d tokens, want T+1 = %d", len(row), s.context+1))
	}
	bos := s.corpus.tokenizer.BOS()
	for _, segment := range segments {
		row[0] = bos
		n := int(segment.len())
		from.read(row[1:1+n], segment.offset())
		row = row[1+n:]
	}
}

// Hash identifies every sequence the stream will ever give: the corpus, T, the seed and the validation set.
func (s *Stream) Hash() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "stream 1 of corpus %s, T %d, seed %d, %d validation sequences", s.corpus.manifest.Hash, s.context, s.seed, s.heldRows))
	return hex.EncodeToString(sum[:])
}
