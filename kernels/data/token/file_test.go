package token

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFileBringsTheTokenizerBack(t *testing.T) {
	text := bytes.Join(fragments, []byte(" "))
	b, err := TrainBPE(counted(bytes.Repeat(text, 3)), 700, "<|bos|>", "<|pad|>")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := json.Marshal(b)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "tokenizer.json")
	if err := os.WriteFile(path, stored, 0o644); err != nil {
		t.Fatal(err)
	}
	back, err := OpenBPE(path)
	if err != nil {
		t.Fatal(err)
	}
	if back.Hash() != b.Hash() || back.V() != b.V() || back.BOS() != b.BOS() || back.Merges() != b.Merges() || !slices.Equal(back.Bytes(), b.Bytes()) {
		t.Error("the tokenizer came back changed")
	}
	if got, want := back.Encode(nil, text), b.Encode(nil, text); !slices.Equal(got, want) {
		t.Error("the tokenizer came back with other ids")
	}
}

func TestDamagedTokenizerFilesAreRefused(t *testing.T) {
	stored, err := json.Marshal(train(t, 300, bytes.Repeat([]byte("ab abc abcd "), 9)))
	if err != nil {
		t.Fatal(err)
	}
	for _, harm := range []struct{ name, from, to, want string }{
		{"other merge", `[97,98]`, `[97,99]`, "damaged"},
		{"merge of an id not yet made", `[97,98]`, `[97,299]`, "want ids below"},
		{"negative id", `[97,98]`, `[-1,98]`, "want ids below"},
		{"other V", `"v":300`, `"v":301`, "damaged"},
		{"V too small", `"v":300`, `"v":200`, "want room"},
		{"other version", `"version":1`, `"version":2`, "version 2"},
		{"other rule", Rule, "words", "words"},
		{"no JSON", `{`, `x`, "invalid"},
	} {
		changed := strings.Replace(string(stored), harm.from, harm.to, 1)
		if changed == string(stored) {
			t.Fatalf("%s: %q is not in the file", harm.name, harm.from)
		}
		if _, err := parseBPE([]byte(changed)); err == nil || !strings.Contains(err.Error(), harm.want) {
			t.Errorf("%s: got %v, want an error with %q", harm.name, err, harm.want)
		}
	}
}
