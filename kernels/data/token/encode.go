package token

import "container/heap"

const (
	cachedWord  = 32      // bytes: longer words are rare and seldom come again
	cachedWords = 1 << 16 // words in a cache, which then stays as it is: some 3 MB a goroutine
	shortWord   = 128     // bytes up to which looking for the least id again and again beats a heap
)

// Encode appends the ids of text: the merges, in the order learnt, applied within each word from left to right.
func (t *BPE) Encode(ids []int32, text []byte) []int32 {
	cache, ok := t.caches.Get().(*wordCache)
	if !ok {
		cache = &wordCache{set: newWordSet()}
	}
	defer t.caches.Put(cache)
	for len(text) > 0 {
		word := text[:firstWord(text)]
		text = text[len(word):]
		switch {
		case len(word) == 1:
			ids = append(ids, int32(word[0]))
		case len(word) <= cachedWord:
			ids = t.encodeCached(ids, word, cache)
		case len(word) <= shortWord:
			ids = t.encodeShort(ids, word)
		default:
			ids = t.encodeLong(ids, word)
		}
	}
	return ids
}

// A wordCache keeps the ids of words met before: text repeats its words some thirty times over.
type wordCache struct {
	set   *wordSet
	spans []span
	ids   []int32
}

type span struct{ start, end int32 }

func (t *BPE) encodeCached(ids []int32, word []byte, cache *wordCache) []int32 {
	hash := hashWord(word)
	i, ok := cache.set.find(word, hash)
	if ok {
		s := cache.spans[i]
		return append(ids, cache.ids[s.start:s.end]...)
	}
	before := len(ids)
	ids = t.encodeShort(ids, word)
	if cache.set.len() < cachedWords {
		cache.set.insert(word, hash)
		start := int32(len(cache.ids))
		cache.ids = append(cache.ids, ids[before:]...)
		cache.spans = append(cache.spans, span{start, int32(len(cache.ids))})
	}
	return ids
}

// encodeShort merges the pair of least id, the leftmost of equals, until none is left.
func (t *BPE) encodeShort(ids []int32, word []byte) []int32 {
	var idRoom, nextRoom [shortWord]int32
	n := len(word)
	part, made := idRoom[:n], nextRoom[:n] // made[i] is what part[i] and part[i+1] merge into, -1 for nothing
	for i, b := range word {
		part[i] = int32(b)
	}
	for i := range n - 1 {
		made[i] = t.table.get(newPair(part[i], part[i+1]))
	}
	for {
		least, at := int32(-1), 0
		for i, m := range made[:n-1] {
			if uint32(m) < uint32(least) { // -1 is the greatest
				least, at = m, i
			}
		}
		if least < 0 {
			return append(ids, part[:n]...)
		}
		part[at] = least
		copy(part[at+1:n-1], part[at+2:n])
		copy(made[at:n-2], made[at+1:n-1])
		n--
		if at > 0 {
			made[at-1] = t.table.get(newPair(part[at-1], part[at]))
		}
		if at < n-1 {
			made[at] = t.table.get(newPair(part[at], part[at+1]))
		}
	}
}

// encodeLong does the same with a heap and a linked list, in n log n.
func (t *BPE) encodeLong(ids []int32, word []byte) []int32 {
	n := len(word)
	part := make([]int32, n)
	next, previous := make([]int32, n), make([]int32, n)
	for i, b := range word {
		part[i], next[i], previous[i] = int32(b), int32(i+1), int32(i-1)
	}
	var queue mergeQueue
	offer := func(at int32) {
		if at >= 0 && int(next[at]) < n {
			if made := t.table.get(newPair(part[at], part[next[at]])); made >= 0 {
				queue = append(queue, candidate{made, at})
			}
		}
	}
	for i := range n {
		offer(int32(i))
	}
	heap.Init(&queue)
	push := func(at int32) {
		before := len(queue)
		offer(at)
		if len(queue) > before {
			last := queue[before]
			queue = queue[:before]
			heap.Push(&queue, last)
		}
	}
	const gone = -1
	for len(queue) > 0 {
		c := heap.Pop(&queue).(candidate)
		right := int32(n)
		if part[c.at] != gone {
			right = next[c.at]
		}
		if int(right) >= n || t.table.get(newPair(part[c.at], part[right])) != c.made {
			continue // one of the two has merged with another since
		}
		part[c.at], part[right] = c.made, gone
		next[c.at] = next[right]
		if int(next[right]) < n {
			previous[next[right]] = c.at
		}
		push(previous[c.at])
		push(c.at)
	}
	for i := int32(0); int(i) < n; i = next[i] {
		ids = append(ids, part[i])
	}
	return ids
}

// A mergeQueue is a heap with the least id, and of equals the leftmost, on top.
type mergeQueue []candidate

type candidate struct{ made, at int32 }

func (q mergeQueue) Len() int { return len(q) }
func (q mergeQueue) Less(i, j int) bool {
	return q[i].made < q[j].made || q[i].made == q[j].made && q[i].at < q[j].at
}
func (q mergeQueue) Swap(i, j int) { q[i], q[j] = q[j], q[i] }
func (q *mergeQueue) Push(x any)   { *q = append(*q, x.(candidate)) }
func (q *mergeQueue) Pop() any {
	last := len(*q) - 1
	x := (*q)[last]
	*q = (*q)[:last]
	return x
}
