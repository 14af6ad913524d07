package token

import (
	"bytes"
	"encoding/binary"
)

// A wordSet numbers distinct words from 0 in the order in which they come. It is an open hash table whose words lie in one
// array: with Go's map, half of the time of counting went into its keys.
type wordSet struct {
	slots []uint32 // number of the word + 1, 0 where free; a power of two of them
	words []wordRef
	bytes []byte
}

type wordRef struct {
	offset int
	length uint32
	hash   uint32
}

func newWordSet() *wordSet { return &wordSet{slots: make([]uint32, 1<<10)} }

func (s *wordSet) len() int { return len(s.words) }

func (s *wordSet) word(i int) []byte {
	ref := s.words[i]
	return s.bytes[ref.offset : ref.offset+int(ref.length)]
}

// find returns the number of a word and whether it was there.
func (s *wordSet) find(word []byte, hash uint32) (int, bool) {
	mask := uint32(len(s.slots) - 1)
	for at := hash & mask; ; at = (at + 1) & mask {
		slot := s.slots[at]
		if slot == 0 {
			return int(at), false
		}
		ref := &s.words[slot-1]
		if ref.hash == hash && int(ref.length) == len(word) && bytes.Equal(s.bytes[ref.offset:ref.offset+len(word)], word) {
			return int(slot - 1), true
		}
	}
}

// insert returns the number of a word and whether it was there before.
func (s *wordSet) insert(word []byte, hash uint32) (int, bool) {
	at, ok := s.find(word, hash)
	if ok {
		return at, true
	}
	s.words = append(s.words, wordRef{len(s.bytes), uint32(len(word)), hash})
	s.bytes = append(s.bytes, word...)
	s.slots[at] = uint32(len(s.words))
	if 2*len(s.words) > len(s.slots) {
		s.grow()
	}
	return len(s.words) - 1, false
}

func (s *wordSet) grow() {
	s.slots = make([]uint32, 2*len(s.slots))
	mask := uint32(len(s.slots) - 1)
	for i, ref := range s.words {
		at := ref.hash & mask
		for s.slots[at] != 0 {
			at = (at + 1) & mask
		}
		s.slots[at] = uint32(i + 1)
	}
}

// hashWord multiplies in eight bytes at a time; words are short, and what it returns reaches no result.
func hashWord(word []byte) uint32 {
	const odd = 0x9e3779b97f4a7c15
	h := uint64(len(word)) * odd
	for len(word) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(word)) * odd
		h ^= h >> 29
		word = word[8:]
	}
	rest := uint64(0)
	for i, c := range word {
		rest |= uint64(c) << (8 * i)
	}
	h = (h ^ rest) * odd
	h ^= h >> 32
	return uint32(h)
}
