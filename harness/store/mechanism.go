package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// A Mechanism is a source that Level 2 brought forth, or one by hand that a run uses.
type Mechanism struct {
	Name     string          `json:"name"`
	Hash     string          `json:"hash,omitempty"`   // sha256 of Source in hex; empty when written by hand
	Parent   string          `json:"parent,omitempty"` // in charge when it was written
	Idea     string          `json:"idea,omitempty"`   // one sentence
	Status   Candidacy       `json:"status"`
	Reason   string          `json:"reason,omitempty"` // why it was refused
	Source   string          `json:"source,omitempty"` // as written, after gofmt
	Spec     string          `json:"spec,omitempty"`
	Dialogue json.RawMessage `json:"dialogue,omitempty"` // in the form of gen/research
	Findings json.RawMessage `json:"findings,omitempty"` // of the gates, repairs included
	Binary   string          `json:"binary,omitempty"`   // sha256 of the runner it is compiled into
	Cycle    int             `json:"cycle,omitempty"`    // of Level 2, from 1
}

// Candidacy says what the gates said of a mechanism. What becomes of it in the run is told by the switches.
type Candidacy string

// The two verdicts of the gates.
const (
	Ready   Candidacy = "ready"
	Refused Candidacy = "refused"
)

// MechanismEvent makes the event of a mechanism; steps, if any, is how long each step of the pipeline took, for reports only.
func MechanismEvent(m Mechanism, steps any) (Event, error) {
	return newEvent(kindMechanism, m.Name, m, steps)
}

// RecordMechanism records a mechanism on its own.
func (s *Store) RecordMechanism(m Mechanism, steps any) error {
	return s.recordOne(MechanismEvent(m, steps))
}

func (f *fold) mechanism(m Mechanism) error {
	f.found[m.Name] = len(f.made)
	f.made = append(f.made, m)
	return nil
}

// Mechanisms returns the recorded mechanisms in order.
func (s *Store) Mechanisms() []Mechanism {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.made)
}

// Mechanism returns a recorded mechanism by name.
func (s *Store) Mechanism(name string) (Mechanism, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.fold.found[name]
	if !ok {
		return Mechanism{}, false
	}
	return s.fold.made[i], true
}

// A Cycle is one passage through Level 2, whatever came of it. It is recorded when it is over, so a run that is resumed
// knows which it must begin again.
type Cycle struct {
	N         int             `json:"n"`         // from 1
	Seq       int             `json:"seq"`       // of the first trial after it
	Outcome   string          `json:"outcome"`   // none, refused, ready, unavailable
	Mechanism string          `json:"mechanism"` // made by it, if Outcome is ready
	Why       string          `json:"why,omitempty"`
	Dialogue  json.RawMessage `json:"dialogue,omitempty"`
	Took      time.Duration   `json:"-"` // by the clock, dialogue and gates; recorded in the note, and not read back here
}

// RecordCycle records that a cycle is over.
func (s *Store) RecordCycle(c Cycle, more ...Event) error {
	e, err := newEvent(kindCycle, strconv.Itoa(c.N), c, tookNote{c.Took})
	if err != nil {
		return err
	}
	return s.Record(append([]Event{e}, more...)...)
}

func (f *fold) cycle(c Cycle) error {
	if c.N != len(f.cycles)+1 {
		return fmt.Errorf("the next cycle is %d", len(f.cycles)+1)
	}
	f.cycles = append(f.cycles, c)
	return nil
}

// Cycles returns the cycles of Level 2 that are over.
func (s *Store) Cycles() []Cycle {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.cycles)
}

// A Binary is a runner that was built for the run.
type Binary struct {
	Hash   string          `json:"hash"`             // sha256 of the file in hex
	Record json.RawMessage `json:"record,omitempty"` // how it was built, in the form of gen/build
	Path   string          `json:"-"`                // where it lay when it was recorded; a cache, and it can be built again
}

// Binary returns a recorded runner by the hash of its file.
func (s *Store) Binary(hash string) (Binary, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, ok := s.fold.binaries[hash]
	return b, ok
}

// BinaryEvent makes the event of a built runner.
func BinaryEvent(b Binary) (Event, error) {
	return newEvent(kindBinary, b.Hash, b, map[string]string{"path": b.Path})
}

func (f *fold) binary(b Binary) error {
	f.binaries[b.Hash] = b
	return nil
}
