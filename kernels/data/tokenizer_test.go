package data

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"math/bits"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
	"github.com/seed161a02ea/bilevel/kernels/data/token"
)

func TestTokenizerLearnsFromTrainingTextOnly(t *testing.T) {
	source := sampleText(200, 1)
	want := load(t, t.TempDir(), Spec{Source: source, Vocabulary: 320})
	var marked documents
	for i := 0; len(marked) < 5; i++ { // validation documents full of a word that training has not
		d := text.Document{Name: "marked", Bytes: bytes.Repeat(fmt.Appendf(nil, "Quetzalcoatl %d ", i), 100)}
		if sideOf(sha256.Sum256(d.Bytes), DefaultValidationEvery) == Validation {
			marked = append(marked, d)
		}
	}
	got := load(t, t.TempDir(), Spec{Source: slices.Concat(source, marked), Vocabulary: 320})
	if got.Tokenizer().Hash() != want.Tokenizer().Hash() {
		t.Error("validation documents changed the tokenizer")
	}
	if got.Manifest().Validation.Documents != want.Manifest().Validation.Documents+5 {
		t.Error("the validation documents are missing")
	}
}

func TestGivenTokenizerIsUsed(t *testing.T) {
	first := load(t, t.TempDir(), Spec{Source: sampleText(200, 1), Vocabulary: 320})
	bpe := first.Tokenizer().(*token.BPE)
	second := load(t, t.TempDir(), Spec{Source: sampleText(200, 2), Tokenizer: bpe})
	if second.Tokenizer().Hash() != bpe.Hash() {
		t.Error("another tokenizer was made")
	}
}

func TestTokenizerOfASampleFollowsFromTheSetOfDocuments(t *testing.T) {
	source := sampleText(400, 1)
	hash := func(source documents, bytes int64) string {
		return load(t, t.TempDir(), Spec{Source: source, Vocabulary: 320, TokenizerBytes: bytes}).Tokenizer().Hash()
	}
	part := hash(source, source.Size()/4)
	if part == hash(source, 0) {
		t.Error("a quarter of the text taught the same as all of it")
	}
	turned := slices.Clone(source)
	slices.Reverse(turned)
	if part != hash(turned, source.Size()/4) {
		t.Error("the same documents in another order taught another tokenizer")
	}
}

func TestSampleStaysBelowItsLimit(t *testing.T) {
	for _, limit := range []int64{1000, 30_000, 1 << 40} {
		s := &sample{limit: limit}
		total := int64(0)
		for i, d := range sampleText(500, 1) {
			s.add(bits.TrailingZeros(uint(i+1)), len(d.Bytes))
			total += int64(len(d.Bytes))
		}
		if got := s.size(); got > limit || got < min(limit, total)/4 {
			t.Errorf("limit %d: the sample of %d bytes has %d", limit, total, got)
		}
	}
}

func TestBadSpecsAreRefused(t *testing.T) {
	source := sampleText(50, 1)
	bpe := load(t, t.TempDir(), Spec{Source: source, Vocabulary: 300}).Tokenizer().(*token.BPE)
	for _, bad := range []struct {
		spec Spec
		want string
	}{
		{Spec{Vocabulary: 100}, "257 or more"},
		{Spec{Vocabulary: -1}, "257 or more"},
		{Spec{Vocabulary: 300, Tokenizer: bpe}, "want one of them"},
		{Spec{ValidationEvery: 1}, "want 2 or more"},
		{Spec{ShardTokens: -1}, "want 1 or more"},
		{Spec{TokenizerBytes: -1}, "want 1 or more"},
	} {
		bad.spec.Source = source
		if _, err := Build(context.Background(), filepath.Join(t.TempDir(), "c"), bad.spec); err == nil || !strings.Contains(err.Error(), bad.want) {
			t.Errorf("%+v: got %v, want an error with %q", bad.spec, err, bad.want)
		}
	}
}

func TestProgressNamesTheSteps(t *testing.T) {
	source := sampleText(50, 1)
	var steps []Step
	last := map[Step]int64{}
	load(t, t.TempDir(), Spec{Source: source, Vocabulary: 300, Progress: func(p Progress) {
		if len(steps) == 0 || steps[len(steps)-1] != p.Step {
			steps = append(steps, p.Step)
		}
		last[p.Step] = p.Bytes
		if p.Read != p.Bytes || p.Step != StepMerge && p.Total != source.Size() {
			t.Errorf("progress %+v, want as much read as done and a total of %d", p, source.Size())
		}
	}})
	if want := []Step{StepHash, StepCount, StepMerge, StepEncode}; !slices.Equal(steps, want) {
		t.Errorf("steps %v, want %v", steps, want)
	}
	for _, step := range []Step{StepHash, StepCount, StepEncode} {
		if last[step] != source.Size() {
			t.Errorf("step %s ended at %d bytes, want %d", step, last[step], source.Size())
		}
	}
}
