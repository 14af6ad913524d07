package data

import "math/bits"

// A segment is a run of tokens of one document. In a row it stands behind a BOS, which the shards do not store. It is packed
// into a word, offset in the upper 48 bits and length in the lower 16, because a large corpus has tens of millions.
type segment uint64

const maxT = 1<<16 - 1 // tokens in a sequence: what a segment's length can hold

func newSegment(offset, n int64) segment { return segment(offset<<16 | n) }
func (s segment) offset() int64          { return int64(s >> 16) }
func (s segment) len() int64             { return int64(s & maxT) }

// A packing is every row of T+1 tokens that a side of the corpus is packed into, each row a list of segments.
type packing struct {
	segments []segment
	starts   []uint32 // row i is segments[starts[i]:starts[i+1]]
}

func (p *packing) rows() int { return len(p.starts) - 1 }

func (p *packing) row(i int) []segment { return p.segments[p.starts[i]:p.starts[i+1]] }

// pack makes rows of 1+T tokens, each beginning with BOS. It is the best-fit packing of prepare.py in karpathy/autoresearch
// (the longest document that still fits goes next, and when none fits the shortest is cut to fill the row), with two changes:
//
// What is cut off is kept, not thrown away: it becomes a document of its own with its own BOS. There, at T = 2048, few
// documents are longer than a row; here, at T = 128, every file is, and the text would shrink to the first lines of each.
//
// The whole corpus is packed at once, where prepare.py looks at a thousand documents at a time. The order of training is a
// permutation of the finished rows and so has no long documents at its start.
//
// ends[i] is the offset behind document i; a document begins where the one before ends. Every token lands in exactly one row
// except those of a last row that could not be filled, fewer than T.
func pack(ends []int64, T int) *packing {
	p := &packing{starts: []uint32{0}}
	tails := newTails(T)
	begin := int64(0)
	for _, end := range ends {
		for end-begin >= int64(T) {
			p.segments = append(p.segments, newSegment(begin, int64(T)))
			p.closeRow()
			begin += int64(T)
		}
		if begin < end {
			tails.add(newSegment(begin, end-begin))
		}
		begin = end
	}
	tails.reverse()
	for p.fillRow(tails, T) {
		p.closeRow()
	}
	return p
}

func (p *packing) closeRow() { p.starts = append(p.starts, uint32(len(p.segments))) }

// fillRow adds the segments of one row, or none if what is left is too little for a row.
func (p *packing) fillRow(tails *tails, T int) bool {
	first := len(p.segments)
	for free := int64(T + 1); free > 0; {
		longest := tails.longestUpTo(free - 1)
		if longest > 0 {
			p.segments = append(p.segments, tails.take(longest))
			free -= longest + 1
			continue
		}
		if free == 1 { // room for a BOS and nothing behind it
			p.segments = append(p.segments, newSegment(0, 0))
			break
		}
		shortest := tails.shortest()
		if shortest == 0 {
			p.segments = p.segments[:first]
			return false
		}
		s := tails.take(shortest)
		n := free - 1
		p.segments = append(p.segments, newSegment(s.offset(), n))
		tails.add(newSegment(s.offset()+n, s.len()-n))
		free = 0
	}
	return true
}

// tails holds segments shorter than T by their length, with a bit for each length that is present.
type tails struct {
	byLength [][]segment // taken from the end
	present  []uint64
}

func newTails(T int) *tails {
	return &tails{byLength: make([][]segment, T), present: make([]uint64, (T+63)/64)}
}

func (t *tails) add(s segment) {
	n := s.len()
	t.byLength[n] = append(t.byLength[n], s)
	t.present[n/64] |= 1 << (n % 64)
}

// reverse makes documents of equal length leave in the order of the corpus.
func (t *tails) reverse() {
	for _, list := range t.byLength {
		for i, j := 0, len(list)-1; i < j; i, j = i+1, j-1 {
			list[i], list[j] = list[j], list[i]
		}
	}
}

func (t *tails) take(n int64) segment {
	list := t.byLength[n]
	s := list[len(list)-1]
	t.byLength[n] = list[:len(list)-1]
	if len(list) == 1 {
		t.present[n/64] &^= 1 << (n % 64)
	}
	return s
}

// longestUpTo returns the greatest length present that is at most n, 0 if there is none.
func (t *tails) longestUpTo(n int64) int64 {
	n = min(n, int64(len(t.byLength)-1))
	word := n / 64
	kept := t.present[word] & (^uint64(0) >> (63 - n%64))
	for {
		if kept != 0 {
			return word*64 + int64(bits.Len64(kept)) - 1
		}
		if word == 0 {
			return 0
		}
		word--
		kept = t.present[word]
	}
}

// shortest returns the least length present, 0 if there is none.
func (t *tails) shortest() int64 {
	for i, word := range t.present {
		if word != 0 {
			return int64(i*64 + bits.TrailingZeros64(word))
		}
	}
	return 0
}
