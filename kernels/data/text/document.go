// Package text reads documents, in an order that never varies, from wherever people keep text.
package text

import (
	"context"
	"iter"
)

// A Document is the unit that is never divided between training and validation: a file, a line of a .jsonl file, a row of a
// Parquet file or, when asked for, a piece of a long file.
type Document struct {
	Name  string // where it came from, for messages only: it reaches no hash
	Bytes []byte // the text; the receiver may keep it but not change it
	Read  int64  // how much of the source's Size had been read when this document ended
}

// A Source yields the same documents in the same order each time it is asked, as long as the files stay as they are.
// A pair with an error is the last one. Documents is called from one goroutine at a time, several times for one corpus.
type Source interface {
	Documents(ctx context.Context) iter.Seq2[Document, error]

	// Size is the number of bytes that Documents reads, compressed files as they lie on disk.
	Size() int64

	// Describe says in one line what the source is and by which rule documents were chosen, for a manifest.
	Describe() string
}
