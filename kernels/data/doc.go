// Package data turns text into a fixed stream of training sequences and a fixed validation set.
//
// Documents come from a [text.Source], are dealt to training or validation by the hash of their content, become tokens
// through a [token.Tokenizer], and are stored in shards beside a manifest that has the hash of each. An opened [Corpus]
// packs the shards into sequences: the whole order of training follows from the corpus, the sequence length and one seed,
// and from nothing that a trial may change.
package data

import "math"

// BitsPerByte is the measure that trials are compared by; lower is better. nats is the summed cross-entropy of the targets
// that stand for at least one byte, bytes the number of bytes these stand for (> 0). Other targets, such as the token that
// begins a document, count in neither sum, so the figure does not depend on the tokenizer (evaluate_bpb in prepare.py of
// karpathy/autoresearch).
func BitsPerByte(nats float64, bytes int64) float64 {
	return nats / (math.Ln2 * float64(bytes))
}
