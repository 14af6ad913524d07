package token

import (
	"container/heap"
	"fmt"
)

// leastCount is the count below which a pair is not merged: a token for what occurs once saves one token once.
const leastCount = 2

// TrainBPE learns merges from counted words until there are V ids: 256 bytes, the merges, and one for each special token,
// the first of which is BOS. Each step merges the pair with the greatest count, among equals the one with the least left id
// and then the least right id (Sennrich, Haddow and Birch 2016, algorithm 1, on bytes). Where the text has no pair left that
// occurs twice, the rest of the ids stay unused.
//
// A merge touches only the words that hold its pair, and finds the next pair on a heap whose entries may be too high, since a
// pair's count never rises once it is there: a merge makes new pairs only with the new id.
func TrainBPE(words *Counter, V int, specials ...string) (*BPE, error) {
	merges := V - 256 - len(specials)
	if len(specials) == 0 || merges < 0 {
		return nil, fmt.Errorf("train tokenizer: V is %d with %d special tokens, want at least one special token and V of 256 or more beside them", V, len(specials))
	}
	t := newTrainer(words)
	for len(t.merges) < merges && t.step() {
	}
	return newBPE(V, t.merges, specials)
}

// A trainer holds every distinct word as a run of ids that shrinks as pairs are merged.
type trainer struct {
	ids    []int32 // of all words
	words  []trainWord
	pairs  *pairTable // number of a pair in stats
	stats  []pairStat
	queue  pairQueue
	merges []pair
	fresh  []int32 // pairs that the present merge has made
}

type trainWord struct {
	start  int
	length int32
	count  int64
}

type pairStat struct {
	pair  pair
	count int64
	words []int32 // that hold the pair, or did; in order, without repetition
}

func newTrainer(words *Counter) *trainer {
	t := &trainer{pairs: newPairTable(1 << 16)}
	for i, count := range words.counts {
		word := words.set.word(i)
		if len(word) < 2 {
			continue
		}
		w := trainWord{start: len(t.ids), length: int32(len(word)), count: count}
		for _, b := range word {
			t.ids = append(t.ids, int32(b))
		}
		t.words = append(t.words, w)
		for k := 1; k < len(word); k++ {
			t.change(newPair(int32(word[k-1]), int32(word[k])), int32(len(t.words)-1), count)
		}
	}
	t.enqueueFresh()
	return t
}

// change adds to the count of a pair; word, if not negative, is one that now holds it.
func (t *trainer) change(p pair, word int32, by int64) {
	i := t.pairs.get(p)
	if i < 0 {
		i = int32(len(t.stats))
		t.stats = append(t.stats, pairStat{pair: p})
		t.pairs.put(p, i)
		t.fresh = append(t.fresh, i)
	}
	s := &t.stats[i]
	s.count += by
	if by > 0 && (len(s.words) == 0 || s.words[len(s.words)-1] != word) {
		s.words = append(s.words, word)
	}
}

func (t *trainer) enqueueFresh() {
	for _, i := range t.fresh {
		if s := t.stats[i]; s.count >= leastCount {
			heap.Push(&t.queue, queued{s.count, s.pair, i})
		}
	}
	t.fresh = t.fresh[:0]
}

// step makes one merge, or reports that there is none to make.
func (t *trainer) step() bool {
	for len(t.queue) > 0 {
		top := &t.queue[0]
		count := t.stats[top.stat].count
		switch {
		case count < leastCount:
			heap.Pop(&t.queue)
		case count < top.count:
			top.count = count
			heap.Fix(&t.queue, 0)
		default:
			t.merge(heap.Pop(&t.queue).(queued).stat)
			return true
		}
	}
	return false
}

func (t *trainer) merge(stat int32) {
	p := t.stats[stat].pair
	made := int32(256 + len(t.merges))
	t.merges = append(t.merges, p)
	for _, word := range t.stats[stat].words {
		t.mergeIn(word, p, made)
	}
	t.stats[stat].count, t.stats[stat].words = 0, nil
	t.enqueueFresh()
}

// mergeIn replaces a pair in one word from left to right and moves the counts of the pairs around it.
func (t *trainer) mergeIn(word int32, p pair, made int32) {
	w := &t.words[word]
	ids := t.ids[w.start : w.start+int(w.length)]
	left, right := p.left(), p.right()
	out := 0
	for i := 0; i < len(ids); i++ {
		if ids[i] != left || i+1 == len(ids) || ids[i+1] != right {
			ids[out] = ids[i]
			out++
			continue
		}
		if out > 0 {
			t.change(newPair(ids[out-1], left), word, -w.count)
			t.change(newPair(ids[out-1], made), word, w.count)
		}
		if i+2 < len(ids) {
			t.change(newPair(right, ids[i+2]), word, -w.count)
			t.change(newPair(made, ids[i+2]), word, w.count)
		}
		ids[out] = made
		out++
		i++
	}
	w.length = int32(out)
}

// A pairQueue is a heap with the pair to merge next on top.
type pairQueue []queued

type queued struct {
	count int64
	pair  pair
	stat  int32
}

func (q pairQueue) Len() int { return len(q) }
func (q pairQueue) Less(i, j int) bool {
	if q[i].count != q[j].count {
		return q[i].count > q[j].count
	}
	return q[i].pair < q[j].pair
}
func (q pairQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *pairQueue) Push(x any)   { *q = append(*q, x.(queued)) }
func (q *pairQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
