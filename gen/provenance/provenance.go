// Package provenance is the account of a mechanism that is compiled into its runner: where it comes from, and what was
// known of it when the runner was built.
//
// What is known later (what the runner's own gates said, its figures, the hash of the file) cannot stand in the file itself;
// the run's record and the folder of a kept mechanism hold it.
package provenance

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/vet"
)

// version of the account; raised when a key changes its meaning.
const version = 1

// An Account is all that is known of a mechanism before it is compiled. It holds no times and no paths: the same source,
// written on the same occasion, has the same account to the byte.
type Account struct {
	Version int     `json:"version"`
	Name    string  `json:"name"`
	Doc     string  `json:"doc,omitempty"` // one sentence, of the source itself
	Hash    string  `json:"hash"`          // sha256 of Source in hex
	Source  string  `json:"source"`        // as written, after gofmt
	Parent  *Parent `json:"parent,omitempty"`
	Written *Origin `json:"written,omitempty"` // nil for a source that nobody asked a model for
	Gates   []Gate  `json:"gates"`             // passed before the build, in order

	Toolchain string `json:"toolchain"` // "go1.26.8 linux/amd64"
	Snapshot  string `json:"snapshot"`  // hash of the sources it is compiled with
	Compiled  string `json:"compiled"`  // sha256 of the source with guards put in, which is what the compiler gets
	Guards    string `json:"guards"`    // sha256 of the counters beside it
}

// A Parent is the mechanism that another is to replace. It is in the same runner.
type Parent struct {
	Name string `json:"name"`
	Hash string `json:"hash,omitempty"` // sha256 of its source in hex; empty when written by hand
}

// A Gate is a step that the source passed.
type Gate struct {
	Name  string `json:"name"`
	Found string `json:"found,omitempty"` // what the step has to say of it
}

// An Origin is the occasion that a model wrote a mechanism on, and how it came to it.
type Origin struct {
	Seed     uint64          `json:"seed"`     // of the run
	Cycle    int             `json:"cycle"`    // of level 2, from 1
	Trials   int             `json:"trials"`   // the run had by then, the baseline included
	Space    string          `json:"space"`    // name of what was searched
	Spec     string          `json:"spec"`     // what the model set out to write, verbatim
	Dialogue json.RawMessage `json:"dialogue"` // in the form of gen/research
	Refused  []Refused       `json:"refused,omitempty"`
}

// A Refused is a source of the same dialogue that a gate sent back. Its text is a reply of the dialogue.
type Refused struct {
	Hash     string        `json:"hash"` // sha256 after gofmt, in hex
	Findings []vet.Finding `json:"findings"`
}

// Encode writes the account as it is compiled in: JSON on one line. It is not compressed: it is some 50 KB in a runner of
// three megabytes, and any tool that looks for text in a file can read it.
func (a Account) Encode() ([]byte, error) {
	a.Version = version
	b, err := json.Marshal(a)
	if err != nil {
		return nil, fmt.Errorf("provenance of %s: %w", a.Name, err)
	}
	return b, nil
}

// Decode reads an account, and finds fault with one that does not fit itself.
func Decode(b []byte) (Account, error) {
	var a Account
	if err := json.Unmarshal(b, &a); err != nil {
		return a, fmt.Errorf("read provenance: %w", err)
	}
	if a.Version != version {
		return a, fmt.Errorf("read provenance of %s: version %d, want %d; another version of bilevel compiled it", a.Name, a.Version, version)
	}
	if got := Hash([]byte(a.Source)); got != a.Hash {
		return a, fmt.Errorf("read provenance of %s: its source has sha256 %.12s, and it says %.12s; the binary was changed", a.Name, got, a.Hash)
	}
	return a, nil
}

// Hash is the sha256 of a file in hex.
func Hash(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
