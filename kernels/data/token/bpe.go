package token

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"sync"
)

// BPE is a byte-pair encoder. Ids 0 to 255 are bytes, the next ones merges in the order learnt, then the special tokens, then
// unused ids up to V.
type BPE struct {
	v        int
	merges   []pair
	specials []string
	table    *pairTable // pair to the id it merges into
	lengths  []int      // bytes of each id
	spelling [][]byte   // bytes of ids that are bytes or merges
	hash     string
	caches   sync.Pool // of *wordCache
}

// newBPE checks the merges, which may come from a file.
func newBPE(V int, merges []pair, specials []string) (*BPE, error) {
	if len(specials) == 0 || V < 256+len(merges)+len(specials) {
		return nil, fmt.Errorf("tokenizer: V is %d, with 256 bytes, %d merges and %d special tokens, want room for all and at least one special token", V, len(merges), len(specials))
	}
	t := &BPE{v: V, merges: merges, specials: specials, table: newPairTable(len(merges)), lengths: make([]int, V)}
	for i := range 256 {
		t.spelling = append(t.spelling, []byte{byte(i)})
		t.lengths[i] = 1
	}
	for i, p := range merges {
		made := int32(256 + i)
		if uint32(p.left()) >= uint32(made) || uint32(p.right()) >= uint32(made) {
			return nil, fmt.Errorf("tokenizer: merge %d joins ids %d and %d, want ids below %d", i, p.left(), p.right(), made)
		}
		if t.table.get(p) >= 0 {
			return nil, fmt.Errorf("tokenizer: merge %d joins ids %d and %d, as an earlier one does", i, p.left(), p.right())
		}
		t.table.put(p, made)
		left, right := t.spelling[p.left()], t.spelling[p.right()]
		t.spelling = append(t.spelling, append(left[:len(left):len(left)], right...))
		t.lengths[made] = len(t.spelling[made])
	}
	t.hash = t.sum()
	return t, nil
}

func (t *BPE) sum() string {
	h := sha256.New()
	fmt.Fprintf(h, "bpe, rule %s, V %d, specials %q, merges\n", Rule, t.v, t.specials)
	for _, p := range t.merges {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(p)))
	}
	return hex.EncodeToString(h.Sum(nil))
}

// V is the number of ids.
func (t *BPE) V() int { return t.v }

// BOS is the first special token.
func (t *BPE) BOS() int32 { return int32(256 + len(t.merges)) }

// Special returns the id of a special token by its name.
func (t *BPE) Special(name string) (int32, bool) {
	for i, s := range t.specials {
		if s == name {
			return t.BOS() + int32(i), true
		}
	}
	return 0, false
}

// Merges is the number of merges, less than V allows where the text was too poor.
func (t *BPE) Merges() int { return len(t.merges) }

// Bytes is the number of bytes of each id. The caller must not change it.
func (t *BPE) Bytes() []int { return t.lengths }

// Hash covers the splitting rule, V, the special tokens and the merges.
func (t *BPE) Hash() string { return t.hash }

// Decode appends the bytes of ids.
func (t *BPE) Decode(text []byte, ids []int32) []byte {
	for _, id := range ids {
		if id >= 0 && int(id) < len(t.spelling) {
			text = append(text, t.spelling[id]...)
		}
	}
	return text
}
