package token

import (
	"bytes"
	"regexp"
	"slices"
	"unicode"
	"unicode/utf8"
)

// Everything in this file does what the package does in the plainest way there is.

// beforeSpace is the splitting rule up to where it needs a look-ahead. Package regexp prefers earlier alternatives and longer
// repetitions, as the engines that the rule was written for do; \s is spelt out because in package regexp it is ASCII.
var beforeSpace = regexp.MustCompile(`^(?:'(?:[sdmtSDMT]|[lL][lL]|[vV][eE]|[rR][eE])` +
	`|[^\r\n\p{L}\p{N}]?\p{L}+` +
	`|\p{N}{1,2}` +
	`| ?[^\s\v\x{85}\p{Z}\p{L}\p{N}]+[\r\n]*` +
	`|[\s\v\x{85}\p{Z}]*[\r\n])`)

func referenceWord(text []byte) int {
	if m := beforeSpace.Find(text); len(m) > 0 {
		return len(m)
	}
	// \s+(?!\S)|\s+
	run, last := 0, 0
	for run < len(text) {
		r, size := utf8.DecodeRune(text[run:])
		if !unicode.IsSpace(r) {
			break
		}
		run += size
		last = size
	}
	if run == len(text) || run == last {
		return run
	}
	return run - last
}

func referenceWords(text []byte) (words [][]int32) {
	for len(text) > 0 {
		n := referenceWord(text)
		var word []int32
		for _, b := range text[:n] {
			word = append(word, int32(b))
		}
		words = append(words, word)
		text = text[n:]
	}
	return words
}

// referenceTrain counts all pairs of all words anew for each merge.
func referenceTrain(words [][]int32, merges int) (made []pair) {
	words = slices.DeleteFunc(words, func(w []int32) bool { return len(w) > longestCounted })
	for len(made) < merges {
		counts := map[pair]int{}
		for _, w := range words {
			for i := 1; i < len(w); i++ {
				counts[newPair(w[i-1], w[i])]++
			}
		}
		best, most := pair(0), 0
		for p, n := range counts {
			if n > most || n == most && p < best {
				best, most = p, n
			}
		}
		if most < leastCount {
			return made
		}
		for i := range words {
			words[i] = referenceMerge(words[i], best, int32(256+len(made)))
		}
		made = append(made, best)
	}
	return made
}

func referenceMerge(word []int32, p pair, made int32) (out []int32) {
	for i := 0; i < len(word); i++ {
		if i+1 < len(word) && newPair(word[i], word[i+1]) == p {
			out = append(out, made)
			i++
			continue
		}
		out = append(out, word[i])
	}
	return out
}

// referenceEncode applies every merge in the order learnt to every word.
func referenceEncode(text []byte, merges []pair) (ids []int32) {
	for _, word := range referenceWords(text) {
		for i, p := range merges {
			word = referenceMerge(word, p, int32(256+i))
		}
		ids = append(ids, word...)
	}
	return ids
}

// fragments are pieces of text that fuzzed text is put together from, so that it has words, repetitions, every class of the
// splitting rule and bytes that are no UTF-8.
var fragments = [][]byte{
	[]byte("func"), []byte("return"), []byte(" "), []byte("  "), []byte("\n"), []byte("\r\n"), []byte("\t"), []byte("a"), []byte("aa"), []byte("ab"),
	[]byte("'s"), []byte("'LL"), []byte("'Ve"), []byte("'"), []byte("12"), []byte("345"), []byte("½"), []byte("{}"), []byte("::="), []byte("----"),
	[]byte("für"), []byte("ключ"), []byte("語"), []byte("🙂"), []byte("\u00a0"), []byte("\u2028"), []byte("\u0085"), []byte("\v"), []byte("e\u0301"),
	{0xff}, {0xc3}, {0xe2, 0x82}, {0}, bytes.Repeat([]byte("xy"), 80), bytes.Repeat([]byte("="), 200),
}
