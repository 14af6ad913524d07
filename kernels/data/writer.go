package data

import (
	"fmt"
	"path/filepath"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// A sideWriter writes the shards of one side.
type sideWriter struct {
	dir       string
	side      Side
	limit     int64
	tokenizer TokenizerRecord
	open      *shardWriter
	record    SideRecord
}

func (w *sideWriter) add(d text.Document, ids []int32) error {
	if len(ids) == 0 {
		return nil // an empty document has nothing to learn from or be measured by
	}
	if w.open == nil {
		name := fmt.Sprintf("%s-%05d.tokens", w.side, len(w.record.Shards))
		open, err := createShard(filepath.Join(w.dir, name), tokenWidth(w.tokenizer.V), w.tokenizer.Hash)
		if err != nil {
			return err
		}
		w.open = open
	}
	w.record.Documents++
	w.record.Bytes += int64(len(d.Bytes))
	w.record.Tokens += int64(len(ids))
	if err := w.open.add(ids); err != nil {
		return err
	}
	if w.open.shard.Tokens >= w.limit {
		return w.finish()
	}
	return nil
}

// finish closes the shard that is being written, if there is one.
func (w *sideWriter) finish() error {
	if w.open == nil {
		return nil
	}
	shard, err := w.open.close()
	w.open = nil
	w.record.Shards = append(w.record.Shards, shard)
	return err
}
