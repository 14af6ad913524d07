package token

import (
	"encoding/json"
	"fmt"
	"os"
)

const (
	fileFormat  = "bilevel tokenizer"
	fileVersion = 1
)

// bpeFile is how a BPE is stored: all that its hash covers, and the hash.
type bpeFile struct {
	Format   string     `json:"format"`
	Version  int        `json:"version"`
	Rule     string     `json:"rule"`
	V        int        `json:"v"`
	Specials []string   `json:"specials"`
	Hash     string     `json:"hash"`
	Merges   [][2]int32 `json:"merges"`
}

// MarshalJSON gives the content of a tokenizer file; it is the same for the same tokenizer.
func (t *BPE) MarshalJSON() ([]byte, error) {
	f := bpeFile{Format: fileFormat, Version: fileVersion, Rule: Rule, V: t.v, Specials: t.specials, Hash: t.hash, Merges: make([][2]int32, len(t.merges))}
	for i, p := range t.merges {
		f.Merges[i] = [2]int32{p.left(), p.right()}
	}
	return json.Marshal(f)
}

// OpenBPE reads a tokenizer file and refuses one that is damaged or was written by another version.
func OpenBPE(path string) (*BPE, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer: %w", err)
	}
	t, err := parseBPE(text)
	if err != nil {
		return nil, fmt.Errorf("open tokenizer %s: %w; train it again", path, err)
	}
	return t, nil
}

func parseBPE(text []byte) (*BPE, error) {
	var f bpeFile
	if err := json.Unmarshal(text, &f); err != nil {
		return nil, err
	}
	if f.Format != fileFormat || f.Version != fileVersion || f.Rule != Rule {
		return nil, fmt.Errorf("format %q version %d with rule %q, want %q version %d with rule %q", f.Format, f.Version, f.Rule, fileFormat, fileVersion, Rule)
	}
	merges := make([]pair, len(f.Merges))
	for i, m := range f.Merges {
		merges[i] = newPair(m[0], m[1])
	}
	t, err := newBPE(f.V, merges, f.Specials)
	if err != nil {
		return nil, err
	}
	if t.hash != f.Hash {
		return nil, fmt.Errorf("content has hash %s, the file says %s: damaged or changed by hand", t.hash, f.Hash)
	}
	return t, nil
}
