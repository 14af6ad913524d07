package text

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// A format is how a file holds documents.
type format int

const (
	plain format = iota
	jsonLines
	parquetRows
)

// formatOf goes by the name, under .gz or .zst if that is there.
func formatOf(path string) format {
	name := strings.ToLower(path)
	name = strings.TrimSuffix(strings.TrimSuffix(name, ".gz"), ".zst")
	switch {
	case strings.HasSuffix(name, ".jsonl"), strings.HasSuffix(name, ".ndjson"):
		return jsonLines
	case strings.HasSuffix(name, ".parquet"):
		return parquetRows
	}
	return plain
}

// emit hands on a document; its Read is counted from the start of the file. It returns an error when reading must end.
type emit func(Document) error

func (s *FileSource) read(f file, to emit) error {
	var err error
	if format := formatOf(f.path); format == parquetRows {
		err = readParquet(f, s.options.Field, to)
	} else {
		err = s.readStream(f, format, to)
	}
	if err == nil || errors.Is(err, errStopped) {
		return err
	}
	return fmt.Errorf("%s: %w", f.path, err)
}

func (s *FileSource) readStream(f file, format format, to emit) error {
	in, err := openStream(f.path)
	if err != nil {
		return err
	}
	defer in.Close()
	switch {
	case format == jsonLines:
		return readJSONLines(in, f, s.options.Field, to)
	case s.options.Cut > 0:
		return readPieces(in, f, s.options.Cut, to)
	}
	return readWhole(in, f, to)
}

// A stream is the decompressed content of a file, which knows how far the file has been read.
type stream struct {
	io.Reader
	file *counted
	done func()
}

type counted struct {
	*os.File
	read int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.File.Read(p)
	c.read += int64(n)
	return n, err
}

// position is the number of bytes read from disk.
func (s *stream) position() int64 { return s.file.read }

func (s *stream) Close() error {
	s.done()
	return s.file.Close()
}

func openStream(path string) (*stream, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	in := &stream{file: &counted{File: f}, done: func() {}}
	in.Reader = in.file
	switch name := strings.ToLower(path); {
	case strings.HasSuffix(name, ".gz"):
		z, err := gzip.NewReader(in.file)
		if err != nil {
			f.Close()
			return nil, err
		}
		in.Reader = z
	case strings.HasSuffix(name, ".zst"):
		z, err := zstd.NewReader(in.file, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(longestDocument*4))
		if err != nil {
			f.Close()
			return nil, err
		}
		in.Reader, in.done = z, z.Close
	}
	return in, nil
}

// isBinary looks for a zero byte at the start of a file that is neither .jsonl nor .parquet. An archive, compressed or not, has
// one. A file that claims to be compressed and is not is left for reading to complain of.
func isBinary(path string) (bool, error) {
	if formatOf(path) != plain {
		return false, nil
	}
	in, err := openStream(path)
	var onDisk *os.PathError
	if errors.As(err, &onDisk) {
		return false, err
	}
	if err != nil {
		return false, nil
	}
	defer in.Close()
	start := make([]byte, looksBinary)
	n, _ := io.ReadFull(in, start) // reading the documents will meet the error again
	return bytes.IndexByte(start[:n], 0) >= 0, nil
}
