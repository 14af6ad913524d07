package data

import (
	"sync/atomic"

	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

// maxLevel lets a sample be as small as one document in 2^24.
const maxLevel = 24

// A sample is the documents of a level or above, where half of all documents have level 0, a quarter level 1, and so on. The
// least level in it rises as text comes in, so that what is in it has at most limit bytes; which it ends at depends on the
// set of documents and not on their order.
type sample struct {
	limit int64
	bytes [maxLevel + 1]int64 // of the documents of each level
	least atomic.Int32        // also read while documents of later batches are counted
}

// add notes a document; a negative level is none.
func (s *sample) add(level, size int) {
	if level < 0 {
		return
	}
	s.bytes[level] += int64(size)
	for s.least.Load() < maxLevel && s.size() > s.limit {
		s.least.Add(1)
	}
}

func (s *sample) size() int64 {
	n := int64(0)
	for _, bytes := range s.bytes[s.least.Load():] {
		n += bytes
	}
	return n
}

// levels counts the words of documents by level, for one goroutine.
type levels [maxLevel + 1]*token.Counter

// add counts a document unless its level is out of the sample already, and lets go of the counters of levels that are.
func (l *levels) add(level int, text []byte, s *sample) {
	least := int(s.least.Load())
	clear(l[:least])
	if level < least {
		return
	}
	if l[level] == nil {
		l[level] = token.NewCounter()
	}
	l[level].Add(text)
}

// mergeInto adds what was counted in the levels of the finished sample.
func (l *levels) mergeInto(words *token.Counter, s *sample) {
	for _, counter := range l[s.least.Load():] {
		if counter != nil {
			words.Merge(counter)
		}
	}
}
