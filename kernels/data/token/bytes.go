package token

import (
	"crypto/sha256"
	"encoding/hex"
)

// bytesV is 256 bytes, BOS, and unused ids up to a multiple of 16, the width of a panel in the matrix products: a model with
// 257 ids would spend more on the ragged edge than the 15 unused rows cost.
const bytesV = 272

// Bytes is the tokenizer whose ids 0 to 255 are the bytes themselves.
type Bytes struct{}

var byteLengths = func() []int {
	n := make([]int, bytesV)
	for i := range 256 {
		n[i] = 1
	}
	return n
}()

// V is 272.
func (Bytes) V() int { return bytesV }

// BOS is 256.
func (Bytes) BOS() int32 { return 256 }

// Encode appends one id per byte.
func (Bytes) Encode(ids []int32, text []byte) []int32 {
	for _, b := range text {
		ids = append(ids, int32(b))
	}
	return ids
}

// Decode appends the bytes of ids below 256.
func (Bytes) Decode(text []byte, ids []int32) []byte {
	for _, id := range ids {
		if id >= 0 && id < 256 {
			text = append(text, byte(id))
		}
	}
	return text
}

// Bytes is 1 for ids below 256 and 0 for the others. The caller must not change it.
func (Bytes) Bytes() []int { return byteLengths }

// Hash is that of the name and V: there is nothing else to it.
func (Bytes) Hash() string {
	sum := sha256.Sum256([]byte("bytes, V 272, BOS 256"))
	return hex.EncodeToString(sum[:])
}
