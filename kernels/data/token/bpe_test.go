package token

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func drawText(t *rapid.T, label string) []byte {
	parts := rapid.SliceOfN(rapid.SampledFrom(fragments), 0, 120).Draw(t, label)
	noise := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(t, label+" noise")
	return append(bytes.Join(parts, nil), noise...)
}

// drawWords draws words of which most pairs occur in many others, so that merges keep lowering each other's counts.
func drawWords(t *rapid.T, label string) []byte {
	words := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("aaabbcd")), 1, 9, -1), 0, 80).Draw(t, label)
	return []byte(strings.Join(words, " "))
}

func counted(texts ...[]byte) *Counter {
	c := NewCounter()
	for _, text := range texts {
		c.Add(text)
	}
	return c
}

func train(t testing.TB, V int, texts ...[]byte) *BPE {
	t.Helper()
	b, err := TrainBPE(counted(texts...), V, "<|bos|>")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestSplittingIsTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := drawText(t, "text")
		for len(text) > 0 {
			got, want := firstWord(text), referenceWord(text)
			if got != want {
				t.Fatalf("first word of %q is %q, want %q", text, text[:got], text[:want])
			}
			text = text[got:]
		}
	})
}

func TestSplittingExamples(t *testing.T) {
	text := "if x != nil {\n\t\treturn we'll don'T 12345\n\n  }  "
	want := []string{"if", " x", " !=", " nil", " {\n", "\t", "\treturn", " we", "'ll", " don", "'T", " ", "12", "34", "5", "\n\n", " ", " }", "  "}
	var got []string
	for rest := []byte(text); len(rest) > 0; {
		n := firstWord(rest)
		got = append(got, string(rest[:n]))
		rest = rest[n:]
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q splits into %q, want %q", text, got, want)
	}
}

func TestMergesEqualThePlainTrainers(t *testing.T) {
	for name, draw := range map[string]func(*rapid.T, string) []byte{"text": drawText, "words of few letters": drawWords} {
		t.Run(name, rapid.MakeCheck(func(t *rapid.T) {
			texts := [][]byte{draw(t, "first"), draw(t, "second")}
			merges := rapid.IntRange(0, 60).Draw(t, "merges")
			b, err := TrainBPE(counted(texts...), 257+merges, "<|bos|>")
			if err != nil {
				t.Fatal(err)
			}
			want := referenceTrain(append(referenceWords(texts[0]), referenceWords(texts[1])...), merges)
			if !slices.Equal(b.merges, want) {
				t.Fatalf("merges of %q:\n got %x\nwant %x", texts, b.merges, want)
			}
		}))
	}
}

func TestWordsTooLongToBeWordsTeachNothing(t *testing.T) {
	short := bytes.Repeat([]byte("ab "), longestCounted/2)
	if b := train(t, 300, bytes.Repeat([]byte("ab"), longestCounted)); b.Merges() != 0 {
		t.Errorf("a word of %d bytes taught %d merges", 2*longestCounted, b.Merges())
	}
	if b := train(t, 300, short); b.Merges() == 0 {
		t.Error("short words taught nothing")
	}
}

func TestPairTableGrows(t *testing.T) {
	table := newPairTable(0)
	for i := range int32(5000) {
		table.put(newPair(i, i/7), i)
		table.put(newPair(i, i/7), i)
	}
	if len(table.keys) < 2*table.used || table.used != 5000 {
		t.Errorf("%d pairs in %d slots, want 5000 in at least twice as many", table.used, len(table.keys))
	}
	for i := range int32(5000) {
		if got := table.get(newPair(i, i/7)); got != i {
			t.Fatalf("pair %d has number %d", i, got)
		}
		if got := table.get(newPair(i, i/7+1)); got != -1 {
			t.Fatalf("a pair that was never put has number %d", got)
		}
	}
}

func TestIdsEqualThePlainEncoders(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, err := TrainBPE(counted(drawText(t, "training")), 400, "<|bos|>", "<|other|>")
		if err != nil {
			t.Fatal(err)
		}
		text := drawText(t, "text")
		got, want := b.Encode(nil, text), referenceEncode(text, b.merges)
		if !slices.Equal(got, want) {
			t.Fatalf("ids of %q:\n got %d\nwant %d", text, got, want)
		}
		checkRoundTrip(t, b, text)
	})
}

// TestShortAndLongWordsAgree compares the two ways of merging on words on both sides of the limit between them.
func TestShortAndLongWordsAgree(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	b := train(t, 300, bytes.Repeat([]byte("abababcabcab aab abc "), 20))
	for range 2000 {
		word := make([]byte, 1+r.IntN(shortWord))
		for i := range word {
			word[i] = 'a' + byte(r.IntN(3))
		}
		if short, long := b.encodeShort(nil, word), b.encodeLong(nil, word); !slices.Equal(short, long) {
			t.Fatalf("%q: short %d, long %d", word, short, long)
		}
	}
}

type failer interface {
	Helper()
	Fatalf(string, ...any)
}

// checkRoundTrip also holds the lengths of tokens to what bits per byte needs: they sum to the length of the text.
func checkRoundTrip(t failer, tok Tokenizer, text []byte) {
	t.Helper()
	ids := tok.Encode(nil, text)
	if back := tok.Decode(nil, ids); !bytes.Equal(back, text) {
		t.Fatalf("%q comes back as %q", text, back)
	}
	lengths, sum := tok.Bytes(), 0
	for _, id := range ids {
		if lengths[id] == 0 {
			t.Fatalf("%q: id %d stands for no byte", text, id)
		}
		sum += lengths[id]
	}
	if sum != len(text) {
		t.Fatalf("%q: tokens have %d bytes, want %d", text, sum, len(text))
	}
}

func FuzzRoundTrip(f *testing.F) {
	b := train(f, 1000, bytes.Join(fragments, []byte(" ")), bytes.Repeat(bytes.Join(fragments, nil), 3))
	for _, text := range fragments {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkRoundTrip(t, Bytes{}, text)
		checkRoundTrip(t, b, text)
		if got, want := b.Encode(nil, text), referenceEncode(text, b.merges); !slices.Equal(got, want) {
			t.Fatalf("ids of %q:\n got %d\nwant %d", text, got, want)
		}
	})
}

func TestSpecialTokensComeFromNoText(t *testing.T) {
	text := []byte("<|bos|> and <|pad|> " + "<|bos|><|bos|>")
	b, err := TrainBPE(counted(bytes.Repeat(text, 50)), 600, "<|bos|>", "<|pad|>")
	if err != nil {
		t.Fatal(err)
	}
	pad, ok := b.Special("<|pad|>")
	if !ok || pad != b.BOS()+1 {
		t.Errorf("<|pad|> is id %d, %v, want BOS+1 = %d", pad, ok, b.BOS()+1)
	}
	if _, ok := b.Special("<|none|>"); ok {
		t.Error("a special token was found that there is not")
	}
	for _, id := range b.Encode(nil, text) {
		if id >= b.BOS() {
			t.Errorf("text encodes to id %d, BOS is %d", id, b.BOS())
		}
	}
	for id := int(b.BOS()); id < b.V(); id++ {
		if b.Bytes()[id] != 0 {
			t.Errorf("special or unused id %d has %d bytes", id, b.Bytes()[id])
		}
	}
}

func TestCountingInPartsTeachesTheSame(t *testing.T) {
	texts := [][]byte{bytes.Join(fragments, nil), bytes.Join(fragments, []byte(" ")), bytes.Repeat([]byte("one two three "), 9)}
	want := train(t, 500, texts...)
	parts := []*Counter{counted(texts[2]), counted(texts[1]), counted(texts[0])}
	for _, part := range parts[1:] {
		parts[0].Merge(part)
	}
	got, err := TrainBPE(parts[0], 500, "<|bos|>")
	if err != nil {
		t.Fatal(err)
	}
	if got.Hash() != want.Hash() {
		t.Error("words counted in parts and merged in another order gave another tokenizer")
	}
}

func TestVocabularyTooSmallIsRefused(t *testing.T) {
	if _, err := TrainBPE(NewCounter(), 256, "<|bos|>"); err == nil {
		t.Error("V of 256 with a special token was taken")
	}
	if _, err := TrainBPE(NewCounter(), 300); err == nil {
		t.Error("a tokenizer without BOS was taken")
	}
}
