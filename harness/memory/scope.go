package memory

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strings"
)

// A Scope is what a lesson was learnt on.
type Scope struct {
	Task      string `json:"task"`      // in words: kind and name
	TaskHash  string `json:"task_hash"` // of everything that results follow from but the point and the seed
	Space     string `json:"space"`     // name
	SpaceHash string `json:"space_hash"`
	Hardware  string `json:"hardware"`  // in words
	Clock     bool   `json:"clock"`     // a trial's budget is wall-clock time, so what it comes to depends on the hardware
	Simulated bool   `json:"simulated"` // no language model took part; such runs teach only each other
}

// How much less a lesson counts where it comes from somewhere else. They are factors of its confidence, and judgements, not
// measurements: enough that a lesson of the same task always goes before an equal one of another.
const (
	otherTask     = 0.5  // the same space, but other text, budget or size of evaluation
	otherSpace    = 0.25 // another space of the same kind of task, where the parameter has the same name and kind
	otherHardware = 0.5  // another machine, where trials are by the clock
)

// Like returns how much a lesson of scope s counts in scope w, from 0 to 1: 0 where they have nothing to do with each other.
func (s Scope) Like(w Scope) float64 {
	if s.Task == "" {
		return 1 // a person's lesson for everywhere
	}
	if s.Simulated != w.Simulated || s.kind() != w.kind() {
		return 0
	}
	like := 1.0
	switch {
	case s.SpaceHash != w.SpaceHash:
		like = otherSpace
	case s.TaskHash != w.TaskHash:
		like = otherTask
	}
	if (s.Clock || w.Clock) && s.Hardware != w.Hardware {
		like *= otherHardware
	}
	return like
}

// kind is the first word of the task: "gpt", "surface" or the name of a command's file.
func (s Scope) kind() string {
	kind, _, _ := strings.Cut(s.Task, " ")
	return kind
}

// key tells scopes apart whose moves are weighed together.
func (s Scope) key() string {
	hardware := ""
	if s.Clock {
		hardware = s.Hardware
	}
	return hash(s.TaskHash, s.SpaceHash, hardware, s.Simulated)
}

// hash is a hash of values that JSON can hold.
func hash(values ...any) string {
	b, err := json.Marshal(values)
	if err != nil {
		panic(err) // strings, numbers and booleans
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
