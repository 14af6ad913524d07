package data

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestOrderIsAPermutationThatTheSeedMoves(t *testing.T) {
	for _, n := range []uint64{1, 2, 3, 5, 64, 1000, 4097} {
		o := newOrder(n, 7, 0)
		seen := make([]bool, n)
		for i := range n {
			at := o.at(i)
			if at >= n || seen[at] {
				t.Fatalf("n %d: place %d gives %d, which is outside or taken", n, i, at)
			}
			seen[at] = true
		}
	}
	for _, other := range []order{newOrder(1000, 8, 0), newOrder(1000, 7, 1)} {
		o, same := newOrder(1000, 7, 0), 0
		for i := range uint64(1000) {
			if o.at(i) == other.at(i) {
				same++
			}
		}
		if same > 20 { // one is expected by chance
			t.Errorf("%d of 1000 places agree in two orders", same)
		}
	}
}

// TestOrderSpreads compares where a permutation sends each tenth of its places with a uniform draw.
func TestOrderSpreads(t *testing.T) {
	const n = 10_000
	o := newOrder(n, 1, 2)
	var counts [10][10]int
	for i := range uint64(n) {
		counts[i*10/n][o.at(i)*10/n]++
	}
	chi := 0.0
	for _, row := range counts {
		for _, got := range row {
			chi += float64((got-100)*(got-100)) / 100
		}
	}
	if chi > 130 { // 81 degrees of freedom: the 0.05 % point is about 128
		t.Errorf("chi-squared of places against items is %.0f, want about 81", chi)
	}
}

func TestPackingCoversEveryTokenOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		T := rapid.IntRange(1, 200).Draw(t, "T")
		lengths := rapid.SliceOfN(rapid.Int64Range(1, 3*int64(T)), 0, 60).Draw(t, "lengths")
		var ends []int64
		total := int64(0)
		for _, n := range lengths {
			total += n
			ends = append(ends, total)
		}
		p := pack(ends, T)
		uses := make([]int, total)
		for i := range p.rows() {
			size := 0
			for _, s := range p.row(i) {
				size += 1 + int(s.len())
				for at := s.offset(); at < s.offset()+s.len(); at++ {
					uses[at]++
				}
				if end, _ := slices.BinarySearch(ends, s.offset()+1); s.len() > 0 && s.offset()+s.len() > ends[end] {
					t.Fatalf("segment %d+%d runs over the document's end %d", s.offset(), s.len(), ends[end])
				}
			}
			if size != T+1 {
				t.Fatalf("row %d has %d tokens, want T+1 = %d", i, size, T+1)
			}
		}
		left := 0
		for at, n := range uses {
			if n > 1 {
				t.Fatalf("token %d is in %d rows", at, n)
			}
			if n == 0 {
				left++
			}
		}
		if left >= T {
			t.Fatalf("%d of %d tokens are in no row, want fewer than T = %d", left, total, T)
		}
	})
}

func TestRowsAreTextBehindBOS(t *testing.T) {
	source := sampleText(300, 4)
	c := load(t, t.TempDir(), Spec{Source: source})
	s, err := c.Stream(StreamOptions{T: 64})
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, d := range source {
		all.Write(d.Bytes)
		all.WriteByte(0)
	}
	row := make([]int32, 65)
	for i := range s.TrainSequences() {
		s.TrainSequence(i, row)
		if row[0] != c.tokenizer.BOS() {
			t.Fatalf("sequence %d begins with %d, want BOS", i, row[0])
		}
		for part := range slices.Values(splitAt(row, c.tokenizer.BOS())) {
			if words := string(c.tokenizer.Decode(nil, part)); !strings.Contains(all.String(), words) {
				t.Fatalf("sequence %d has %q, which is in no document", i, words)
			}
		}
	}
}

func splitAt(row []int32, at int32) (parts [][]int32) {
	for {
		i := slices.Index(row, at)
		if i < 0 {
			return append(parts, row)
		}
		parts = append(parts, row[:i])
		row = row[i+1:]
	}
}

func TestSequencesDependOnNothingButTheirNumber(t *testing.T) {
	c := load(t, t.TempDir(), Spec{Source: sampleText(300, 5), ShardTokens: 9000})
	stream := func(o StreamOptions) *Stream {
		s, err := c.Stream(o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	get := func(s *Stream, i int64) []int32 {
		row := make([]int32, s.Context()+1)
		s.TrainSequence(i, row)
		return row
	}
	a, b, other := stream(StreamOptions{T: 32}), stream(StreamOptions{T: 32}), stream(StreamOptions{T: 32, Seed: 1})
	n := a.TrainSequences()
	r := rand.New(rand.NewPCG(1, 2))
	differ := 0
	for range 500 {
		i := r.Int64N(3 * n)
		if !slices.Equal(get(a, i), get(b, i)) {
			t.Fatalf("sequence %d differs between two streams", i)
		}
		if !slices.Equal(get(a, i), get(other, i)) {
			differ++
		}
	}
	if differ < 450 {
		t.Errorf("another seed changed %d of 500 sequences, want nearly all", differ)
	}
	if a.Hash() != b.Hash() || a.Hash() == other.Hash() || a.Hash() == stream(StreamOptions{T: 31}).Hash() || a.Hash() == stream(StreamOptions{T: 32, ValidationTokens: 3200}).Hash() {
		t.Error("the hash of a stream does not follow its options")
	}
	for i := range a.ValidationSequences() {
		x, y := make([]int32, 33), make([]int32, 33)
		a.ValidationSequence(i, x)
		other.ValidationSequence(i, y)
		if !slices.Equal(x, y) {
			t.Fatalf("the data seed changed validation sequence %d", i)
		}
	}
	epochs := [2]map[string]int{{}, {}}
	for e := range epochs {
		for i := range n {
			epochs[e][string(c.tokenizer.Decode(nil, get(a, int64(e)*n+i)))]++
		}
	}
	first, second := get(a, 0), get(a, n)
	if slices.Equal(first, second) && slices.Equal(get(a, 1), get(a, n+1)) {
		t.Error("the second epoch has the order of the first")
	}
	for words, count := range epochs[0] {
		if epochs[1][words] != count {
			t.Fatalf("%.30q is %d times in the first epoch and %d times in the second", words, count, epochs[1][words])
		}
	}
}

// A trial asks for its text through this interface, which package gpt defines.
var _ interface {
	Context() int
	Vocabulary() int
	TokenBytes() []int
	TrainSequence(i int64, row []int32)
	ValidationSequences() int
	ValidationSequence(i int, row []int32)
} = (*Stream)(nil)

// TestBytesOfACorpusStay pins what follows from a text: the split, the tokenizer, the packing and the order. Where they change, trials
// stored as known were trained on something else, so manifestVersion must be raised, or the number in Stream.Hash, or token.Rule.
func TestBytesOfACorpusStay(t *testing.T) {
	c := load(t, t.TempDir(), Spec{Source: sampleText(300, 9), Vocabulary: 320})
	if got, want := c.Manifest().Hash, "f254f61bd0bc810c0752785eb98d6255f606602f52cacb4c1f26e43de915ef74"; got != want {
		t.Errorf("corpus hash is %s, want %s", got, want)
	}
	s, err := c.Stream(StreamOptions{T: 64, Seed: 3, ValidationTokens: 3200})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.New()
	row := make([]int32, 65)
	for i := range 2 * s.TrainSequences() {
		s.TrainSequence(i, row)
		fmt.Fprint(sum, row)
	}
	for i := range s.ValidationSequences() {
		s.ValidationSequence(i, row)
		fmt.Fprint(sum, row)
	}
	if got, want := hex.EncodeToString(sum.Sum(nil)), "c600769beec4c87cfcf0225743fb290d01a49fc2a75d7234aad2f25d31bf9bb4"; got != want {
		t.Errorf("hash of all sequences is %s, want %s", got, want)
	}
}
