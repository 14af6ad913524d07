// Package review makes one page of a mechanism for whoever has to decide about it: what it claims, what it does, how well
// it searches, where it comes from, and a verdict with reasons.
//
// The same subject gives the same page, byte for byte: nothing in it depends on time, on a path or on a cache.
package review

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A Subject is a mechanism under review, with what is known about it. Only Source and View are needed.
type Subject struct {
	Name     string               // as its run knows it; empty takes the Go package's name
	Source   string               // as it was written
	Idea     string               // in one sentence, by its author
	Spec     string               // what its author set out to write
	Dialogue json.RawMessage      // in the form of gen/research
	Refused  []provenance.Refused // sources that the gates sent back before, in the same dialogue
	Parent   Parent
	View     wire.View // the search as it stood when the mechanism was written
	Origin   *Origin   // nil where it is not known
	Service  *Service  // nil where it was never in charge
	Faults   []string  // of the folder it is kept in: what is not as this program writes it

	glue map[string][]byte // generated files of that folder; nil where it is in none
}

// A Parent is the mechanism that another was written to replace.
type Parent struct {
	Name   string
	Source string // empty when it is written by hand
}

// An Origin says where a mechanism comes from.
type Origin struct {
	Run       string          `json:"run"`   // name of the run's folder
	Seed      uint64          `json:"seed"`  // of the run
	Cycle     int             `json:"cycle"` // of level 2, from 1
	Task      string          `json:"task"`  // kind of what the run searched
	Space     string          `json:"space"` // hash of the space of points
	Model     string          `json:"model"` // that wrote it
	Simulated bool            `json:"simulated"`
	Program   string          `json:"program"` // version of the bilevel that made the run
	Binary    string          `json:"binary"`  // sha256 of the runner it was first compiled into
	Build     json.RawMessage `json:"build,omitempty"`
}

// A Service is what a mechanism did while it was in charge.
type Service struct {
	From      int     `json:"from"`      // first trial it proposed
	Proposals int     `json:"proposals"` // it made
	Shadow    string  `json:"shadow"`    // mechanism asked beside it
	Compared  int     `json:"compared"`  // decisions whose counterpart is known
	Differed  int     `json:"differed"`  // of these, taken otherwise by the shadow
	Gain      float64 `json:"gain"`      // bits per byte by which trials it proposed lowered the incumbent's
	Fate      string  `json:"fate"`      // what became of it, in words
	Failed    bool    `json:"failed"`    // it was taken out because it failed
}

// Hash is the sha256 of the source in hex.
func (s Subject) Hash() string { return hash(s.Source) }

// idea is what wrap.Name makes the subject's name of.
func (s Subject) idea() string { return wrap.Idea(s.Name, s.Hash()) }

// written is the occasion as the runner of the subject holds it; nil where it is not known.
func (s Subject) written() *provenance.Origin {
	if s.Origin == nil {
		return nil
	}
	return &provenance.Origin{
		Seed: s.View.RunSeed, Cycle: s.Origin.Cycle, Trials: len(s.View.Trials), Space: s.View.Space.Name, Spec: s.Spec, Dialogue: s.Dialogue, Refused: s.Refused,
	}
}

func hash(text string) string {
	h := sha256.Sum256([]byte(text))
	return hex.EncodeToString(h[:])
}
