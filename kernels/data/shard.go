package data

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
)

// A shard file is, in little-endian order: a header of 64 bytes; the tokens, each of 2 bytes, or 4 where V is above 65,536;
// and for each document a uint64, the number of tokens of the shard up to its end.
// BOS is not stored. How many tokens and documents there are stands in the manifest, with the hash of the whole file.
const (
	shardMagic   = "bilevel tokens\r\n" // 16 bytes; the line end shows a file that was changed as if it were text
	shardVersion = 1
	headerSize   = 64
)

// DefaultShardTokens keeps shards of 2-byte tokens at a quarter of a gibibyte.
const DefaultShardTokens = 1 << 27

// A Shard is the manifest's entry for one shard file.
type Shard struct {
	File      string `json:"file"`      // in the folder of the manifest
	Tokens    int64  `json:"tokens"`    // without BOS
	Documents int64  `json:"documents"` //
	SHA256    string `json:"sha256"`    // of the whole file
}

func tokenWidth(V int) int {
	if V <= 1<<16 {
		return 2
	}
	return 4
}

func shardHeader(width int, tokenizer string) []byte {
	h := make([]byte, 0, headerSize)
	h = append(h, shardMagic...)
	h = binary.LittleEndian.AppendUint32(h, shardVersion)
	h = binary.LittleEndian.AppendUint32(h, uint32(width))
	sum := sha256.Sum256([]byte(tokenizer))
	return append(h, sum[:]...)[:headerSize]
}

// A shardWriter writes one shard. The first error stays and comes out of close.
type shardWriter struct {
	file  *os.File
	out   *bufio.Writer
	sum   hash.Hash
	width int
	ends  []uint64
	shard Shard
	chunk []byte
}

func createShard(path string, width int, tokenizer string) (*shardWriter, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	w := &shardWriter{file: f, sum: sha256.New(), width: width, shard: Shard{File: filepath.Base(path)}}
	w.out = bufio.NewWriterSize(io.MultiWriter(f, w.sum), 1<<18)
	w.out.Write(shardHeader(width, tokenizer)) // a bufio.Writer keeps its error
	return w, nil
}

// add appends one document.
func (w *shardWriter) add(ids []int32) error {
	w.chunk = w.chunk[:0]
	for _, id := range ids {
		if w.width == 2 {
			w.chunk = binary.LittleEndian.AppendUint16(w.chunk, uint16(id))
		} else {
			w.chunk = binary.LittleEndian.AppendUint32(w.chunk, uint32(id))
		}
	}
	w.shard.Tokens += int64(len(ids))
	w.shard.Documents++
	w.ends = append(w.ends, uint64(w.shard.Tokens))
	_, err := w.out.Write(w.chunk)
	return err
}

// close completes the file and puts it on the disk.
func (w *shardWriter) close() (Shard, error) {
	defer w.file.Close()
	for _, end := range w.ends {
		w.out.Write(binary.LittleEndian.AppendUint64(w.chunk[:0], end))
	}
	if err := w.out.Flush(); err != nil {
		return Shard{}, err
	}
	if err := w.file.Sync(); err != nil {
		return Shard{}, err
	}
	w.shard.SHA256 = hex.EncodeToString(w.sum.Sum(nil))
	return w.shard, w.file.Close()
}

// tokensEnd is where in the file the tokens end and the ends of documents begin.
func tokensEnd(tokens int64, width int) int64 { return headerSize + tokens*int64(width) }

// An openShard is a shard in memory.
type openShard struct {
	tokens []byte // tokens of width bytes
	ends   []byte // uint64 each
	first  int64  // place of the first token among those of the side
	unmap  func() error
}

// open maps a shard and refuses it unless it is, to the bit, what the manifest lists.
func (s Shard) open(dir string, width int, tokenizer string) (*openShard, error) {
	path := filepath.Join(dir, s.File)
	if s.File != filepath.Base(s.File) {
		return nil, fmt.Errorf("shard %q: the manifest names a file outside its folder; prepare the corpus again", s.File)
	}
	data, unmap, err := mapFile(path)
	if err != nil {
		return nil, fmt.Errorf("shard: %w", err)
	}
	if err := s.check(data, width, tokenizer); err != nil {
		unmap()
		return nil, fmt.Errorf("shard %s: %w; prepare the corpus again", path, err)
	}
	ends := tokensEnd(s.Tokens, width)
	return &openShard{tokens: data[headerSize:ends], ends: data[ends:], unmap: unmap}, nil
}

func (s Shard) check(data []byte, width int, tokenizer string) error {
	if want := tokensEnd(s.Tokens, width) + 8*s.Documents; int64(len(data)) != want {
		return fmt.Errorf("has %d bytes, want %d", len(data), want)
	}
	if !bytes.HasPrefix(data, []byte(shardMagic)) {
		return fmt.Errorf("begins with %q, want %q: not a token shard", data[:len(shardMagic)], shardMagic)
	}
	if !bytes.Equal(data[:headerSize], shardHeader(width, tokenizer)) {
		return fmt.Errorf("has the header of another version or tokenizer")
	}
	sum := sha256.Sum256(data)
	if got := hex.EncodeToString(sum[:]); got != s.SHA256 {
		return fmt.Errorf("has SHA-256 %s, want %s: damaged, or of another corpus", got, s.SHA256)
	}
	return nil
}
