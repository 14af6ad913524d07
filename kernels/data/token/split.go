package token

import (
	"unicode"
	"unicode/utf8"
)

// Rule names all that decides, beside the text, V and the special tokens, what TrainBPE learns. It changes with the splitting
// rule of this file, with leastCount, longestCounted and the order among equal counts.
const Rule = "gpt4-n2"

// The class of a character as far as the splitting rule goes.
const (
	other    uint8 = iota // punctuation, symbols, controls, and bytes that are not UTF-8
	letter                // \p{L}
	number                // \p{N}
	space                 // \s without the two below
	newline               // \r and \n
	extended              // not ASCII: look further
)

var asciiClass = func() (table [256]uint8) {
	for i := range table {
		switch c := rune(i); {
		case c >= utf8.RuneSelf:
			table[i] = extended
		default:
			table[i] = classOfRune(c)
		}
	}
	return table
}()

func classOfRune(r rune) uint8 {
	switch {
	case r == '\r' || r == '\n':
		return newline
	case unicode.IsLetter(r):
		return letter
	case unicode.IsNumber(r):
		return number
	case unicode.IsSpace(r):
		return space
	}
	return other
}

// classAt is the class of the character at the start of text, which is not empty, and its length in bytes.
func classAt(text []byte) (uint8, int) {
	if class := asciiClass[text[0]]; class != extended {
		return class, 1
	}
	r, size := utf8.DecodeRune(text)
	if r == utf8.RuneError && size == 1 {
		return other, 1
	}
	return classOfRune(r), size
}

// firstWord is the length in bytes of the first word of text, which is not empty. Merges do not cross words. The rule is that
// of prepare.py in karpathy/autoresearch, GPT-4's with at most two digits to a word:
//
//	'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,2}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+
//
// with ASCII letters only behind the apostrophe. It is written out by hand because package regexp has no look-ahead, and
// a backtracking engine is twenty times slower.
func firstWord(text []byte) int {
	class, size := classAt(text)
	switch class {
	case letter:
		return size + run(text[size:], letter)
	case number:
		return size + oneMoreNumber(text[size:])
	}
	if text[0] == '\'' {
		if n := contraction(text[1:]); n > 0 {
			return 1 + n
		}
	}
	// One character that is no newline may lead a run of letters.
	if class != newline && size < len(text) {
		if next, n := classAt(text[size:]); next == letter {
			return size + n + run(text[size+n:], letter)
		}
	}
	if class == other {
		return punctuation(text, size)
	}
	if text[0] == ' ' && len(text) > 1 {
		if next, n := classAt(text[1:]); next == other {
			return punctuation(text, 1+n)
		}
	}
	return whitespace(text)
}

// run is the length of the run of one class at the start of text.
func run(text []byte, class uint8) int {
	at := 0
	for at < len(text) {
		if got := asciiClass[text[at]]; got == class {
			at++
			continue
		} else if got != extended {
			break
		}
		got, size := classAt(text[at:])
		if got != class {
			break
		}
		at += size
	}
	return at
}

func oneMoreNumber(text []byte) int {
	if len(text) > 0 {
		if class, size := classAt(text); class == number {
			return size
		}
	}
	return 0
}

// contraction is the length of s, d, m, t, ll, ve or re at the start of text, in either case, or 0.
func contraction(text []byte) int {
	lower := func(i int) byte {
		if i < len(text) {
			return text[i] | 0x20 // also maps some punctuation, but onto none of the letters asked for
		}
		return 0
	}
	switch lower(0) {
	case 's', 'd', 'm', 't':
		return 1
	case 'l':
		if lower(1) == 'l' {
			return 2
		}
	case 'v', 'r':
		if lower(1) == 'e' {
			return 2
		}
	}
	return 0
}

// punctuation is the length of a run of class other of which the first n bytes are known, with the newlines behind it.
func punctuation(text []byte, n int) int {
	n += run(text[n:], other)
	return n + run(text[n:], newline)
}

// whitespace is the length of a word of white space: up to the last newline of the run if it has one, else all of the run but
// the character in front of the next word, which that word may begin with.
func whitespace(text []byte) int {
	at, last, lastSize := 0, 0, 0
	for at < len(text) {
		class, size := classAt(text[at:])
		if class != space && class != newline {
			break
		}
		if class == newline {
			last = at + size
		}
		at += size
		lastSize = size
	}
	switch {
	case last > 0:
		return last
	case at == len(text) || at == lastSize:
		return at
	}
	return at - lastSize
}
