// Package token turns bytes into token ids and back.
package token

// A Tokenizer maps any bytes to ids and back without loss. It is safe for use by several goroutines.
type Tokenizer interface {
	// V is the number of ids, special and unused ones counted: the model's vocabulary.
	V() int

	// BOS is the id that begins every document. No text encodes to it.
	BOS() int32

	// Encode appends the ids of text to ids.
	Encode(ids []int32, text []byte) []int32

	// Decode appends the bytes of ids to text; special and unused ids have none.
	Decode(text []byte, ids []int32) []byte

	// Bytes returns, for each id, the number of bytes it stands for: 0 for special and unused ids. The sum over the ids of a
	// text is the text's length whether or not single tokens are valid UTF-8.
	Bytes() []int

	// Hash identifies the mapping: tokenizers with the same hash give the same ids.
	Hash() string
}
