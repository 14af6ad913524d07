package data

import (
	"crypto/sha256"
	"encoding/binary"
	"math"
)

// A Side says what a document is for.
type Side string

// The two sides.
const (
	Train      Side = "train"
	Validation Side = "validation"
)

// DefaultValidationEvery makes one document in sixteen a validation document: a megabyte of the default sixteen, four times
// the default validation set.
const DefaultValidationEvery = 16

// sideOf deals a document by its content alone, so that adding, renaming or reordering documents moves none of the others,
// and equal documents fall on the same side. sum is the SHA-256 of the document; its first eight bytes are a uniform draw.
func sideOf(sum [sha256.Size]byte, validationEvery int) Side {
	if binary.BigEndian.Uint64(sum[:8]) < math.MaxUint64/uint64(validationEvery) {
		return Validation
	}
	return Train
}
