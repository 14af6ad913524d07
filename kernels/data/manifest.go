package data

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
)

const (
	manifestFile    = "manifest.json"
	manifestFormat  = "bilevel corpus"
	manifestVersion = 1
)

// A Manifest says what a folder of shards holds. It is written last, so a folder without one is unfinished.
type Manifest struct {
	Format    string `json:"format"`
	Version   int    `json:"version"`
	WrittenBy string `json:"written_by"` // not part of Hash
	Source    string `json:"source"`     // Describe of the source; not part of Hash

	Text            string          `json:"text_sha256"` // over the SHA-256 of every document in order
	ValidationEvery int             `json:"validation_every"`
	Tokenizer       TokenizerRecord `json:"tokenizer"`
	Train           SideRecord      `json:"train"`
	Validation      SideRecord      `json:"validation"`

	Hash string `json:"hash"` // SHA-256 of all the rest that decides what a model sees: part of a trial's content
}

// A TokenizerRecord names the tokenizer of a corpus.
type TokenizerRecord struct {
	Kind string `json:"kind"`           // "bytes" or "bpe"
	V    int    `json:"v"`              // ids, special ones counted
	Hash string `json:"hash"`           // see token.Tokenizer
	File string `json:"file,omitempty"` // in the folder of the manifest, for a kind that is trained
}

// A SideRecord counts one side of the split.
type SideRecord struct {
	Documents int64   `json:"documents"`
	Bytes     int64   `json:"bytes"`
	Tokens    int64   `json:"tokens"` // without BOS
	Shards    []Shard `json:"shards"`
}

// hash is over the manifest without what only tells where it came from.
func (m Manifest) hash() string {
	m.WrittenBy, m.Source, m.Hash = "", "", ""
	text, err := json.Marshal(m)
	if err != nil {
		panic("data: a manifest is plain data: " + err.Error())
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// writeManifest completes and writes the manifest of the shards in dir.
func writeManifest(dir string, m Manifest) error {
	m.Format, m.Version, m.WrittenBy = manifestFormat, manifestVersion, writer()
	m.Hash = m.hash()
	text, err := json.MarshalIndent(m, "", "\t")
	if err != nil {
		return err
	}
	return writeOnce(filepath.Join(dir, manifestFile), append(text, '\n'))
}

// writer is this program's version, for a later reader's message.
func writer() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "bilevel"
	}
	return "bilevel " + info.Main.Version
}

// ErrNoCorpus is wrapped by Open where a folder has no manifest.
var ErrNoCorpus = errors.New("no corpus")

func readManifest(dir string) (Manifest, error) {
	var m Manifest
	text, err := os.ReadFile(filepath.Join(dir, manifestFile))
	if errors.Is(err, os.ErrNotExist) {
		return m, fmt.Errorf("%w in %s: there is no %s; make one with `bilevel data prepare`", ErrNoCorpus, dir, manifestFile)
	}
	if err != nil {
		return m, err
	}
	if err := json.Unmarshal(text, &m); err != nil {
		return m, fmt.Errorf("%s: %w; prepare the corpus again", filepath.Join(dir, manifestFile), err)
	}
	if m.Format != manifestFormat || m.Version != manifestVersion {
		return m, fmt.Errorf("%s: format %q version %d, written by %q, want %q version %d; prepare the corpus again with this program",
			filepath.Join(dir, manifestFile), m.Format, m.Version, m.WrittenBy, manifestFormat, manifestVersion)
	}
	if want := m.hash(); m.Hash != want {
		return m, fmt.Errorf("%s: hash %s, want %s: it was changed by hand or damaged; prepare the corpus again", filepath.Join(dir, manifestFile), m.Hash, want)
	}
	return m, nil
}

// writeOnce makes a file that is whole or not there.
func writeOnce(path string, data []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".writing-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // no longer there after the rename
	defer f.Close()
	if _, err := f.Write(data); err != nil {
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
