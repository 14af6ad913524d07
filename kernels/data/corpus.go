package data

import (
	"encoding/binary"
	"fmt"
	"sync"

	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

// A Corpus is an opened folder of shards. It is read only and safe for use by several goroutines.
type Corpus struct {
	dir       string
	manifest  Manifest
	tokenizer token.Tokenizer
	train     *side
	validate  *side
}

// Open reads the corpus in dir and checks every hash in it (1.5 GB a second and core). Shards stay mapped until Close.
func Open(dir string) (*Corpus, error) {
	m, err := readManifest(dir)
	if err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	c := &Corpus{dir: dir, manifest: m}
	if c.tokenizer, err = m.Tokenizer.open(dir); err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	if c.train, err = m.Train.open(dir, m.Tokenizer); err != nil {
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	if c.validate, err = m.Validation.open(dir, m.Tokenizer); err != nil {
		c.train.close()
		return nil, fmt.Errorf("open corpus: %w", err)
	}
	return c, nil
}

// Close releases the shards; streams of the corpus must not be used afterwards.
func (c *Corpus) Close() error {
	err := c.train.close()
	if second := c.validate.close(); err == nil {
		err = second
	}
	return err
}

// Dir is the folder that Open was given or Load found; another process may Open it.
func (c *Corpus) Dir() string { return c.dir }

// Manifest describes the corpus.
func (c *Corpus) Manifest() Manifest { return c.manifest }

// Tokenizer is the one that the shards were made with.
func (c *Corpus) Tokenizer() token.Tokenizer { return c.tokenizer }

// A side is the tokens of one side of the split, numbered from 0 across its shards.
type side struct {
	shards []*openShard
	width  int
	tokens int64
	ends   []int64 // end of each document
}

func (r SideRecord) open(dir string, t TokenizerRecord) (*side, error) {
	s := &side{width: tokenWidth(t.V), shards: make([]*openShard, len(r.Shards))}
	errs := make([]error, len(r.Shards))
	var wait sync.WaitGroup
	for i, shard := range r.Shards {
		wait.Go(func() { s.shards[i], errs[i] = shard.open(dir, s.width, t.Hash) })
	}
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			s.close()
			return nil, err
		}
	}
	for i, shard := range s.shards {
		shard.first = s.tokens
		for at := 0; at < len(shard.ends); at += 8 {
			s.ends = append(s.ends, s.tokens+int64(binary.LittleEndian.Uint64(shard.ends[at:])))
		}
		s.tokens += r.Shards[i].Tokens
	}
	return s, nil
}

func (s *side) close() error {
	var err error
	for _, shard := range s.shards {
		if shard == nil {
			continue
		}
		if e := shard.unmap(); err == nil {
			err = e
		}
	}
	return err
}

// read copies the tokens from offset on into ids. They lie in one document and so in one shard.
func (s *side) read(ids []int32, offset int64) {
	shard := s.shards[0]
	for _, next := range s.shards[1:] {
		if next.first > offset {
			break
		}
		shard = next
	}
	if s.width == 2 {
		tokens := shard.tokens[2*(offset-shard.first):]
		for i := range ids {
			ids[i] = int32(binary.LittleEndian.Uint16(tokens[2*i:]))
		}
		return
	}
	tokens := shard.tokens[4*(offset-shard.first):]
	for i := range ids {
		ids[i] = int32(binary.LittleEndian.Uint32(tokens[4*i:]))
	}
}
