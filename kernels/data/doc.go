// Package data turns text into a fixed stream of training sequences and a fixed validation set.
//
// Documents come from a [text.Source], are dealt to training or validation by the hash of their content, become tokens
// through a [token.Tokenizer], and are stored in shards beside a manifest that has the hash of each. An opened [Corpus]
// packs the shards into sequences: the whole order of training follows from the corpus, the sequence length and one seed,
// and from nothing that a trial may change.
package data
