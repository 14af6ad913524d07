package token

// A pair is two neighbouring ids, the left one in the upper half, so that pairs order by left id and then by right id.
type pair uint64

func newPair(left, right int32) pair { return pair(uint32(left))<<32 | pair(uint32(right)) }

func (p pair) left() int32  { return int32(p >> 32) }
func (p pair) right() int32 { return int32(p) }

// A pairTable maps pairs to non-negative numbers: an open hash table, because the encoder and the trainer do little else than
// look up pairs.
type pairTable struct {
	keys   []pair
	values []int32 // -1 where free
	used   int
}

// newPairTable has room for n pairs before it grows.
func newPairTable(n int) *pairTable {
	size := 16
	for size < 4*n {
		size *= 2
	}
	t := &pairTable{keys: make([]pair, size), values: make([]int32, size)}
	for i := range t.values {
		t.values[i] = -1
	}
	return t
}

func (t *pairTable) slot(p pair) int {
	h := uint64(p) * 0x9e3779b97f4a7c15
	h ^= h >> 32
	mask := len(t.keys) - 1
	at := int(h) & mask
	for t.values[at] >= 0 && t.keys[at] != p {
		at = (at + 1) & mask
	}
	return at
}

// get returns the number of a pair, -1 if it has none.
func (t *pairTable) get(p pair) int32 { return t.values[t.slot(p)] }

// put gives a pair a number.
func (t *pairTable) put(p pair, value int32) {
	at := t.slot(p)
	if t.values[at] < 0 {
		t.used++
	}
	t.keys[at], t.values[at] = p, value
	if 2*t.used > len(t.keys) {
		t.grow()
	}
}

func (t *pairTable) grow() {
	old := *t
	*t = *newPairTable(len(old.keys) / 2)
	for i, value := range old.values {
		if value >= 0 {
			at := t.slot(old.keys[i])
			t.keys[at], t.values[at] = old.keys[i], value
		}
	}
	t.used = old.used
}
