package store

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Guidance is one thing that a person said to the run while it went on. The last one is in force, until another one, or
// one that withdraws it.
type Guidance struct {
	N    int    `json:"n"`    // in the order in which it was said, from 1; numbers may be missing
	From int    `json:"from"` // Seq of the first trial that could be proposed in its light
	Text string `json:"text"` // empty when this one only withdraws the one before
	Via  string `json:"via"`  // the verb it was said to: "watch" or "guide"
	// Refused says why it was not taken in; what was in force before then stays. It is empty in all that was.
	Refused string `json:"refused,omitempty"`
}

// Words say what it means for the run.
func (g Guidance) Words() string {
	switch {
	case g.Refused != "":
		return "not taken in: " + g.Refused
	case g.Text == "":
		return "withdrawn"
	}
	return g.Text
}

// A guidanceNote is the note of a guidance event.
type guidanceNote struct {
	Said int64 `json:"said_ms"` // milliseconds since 1970 when it was said
}

// RecordGuidance records what a person said, and when by the clock of whoever heard it, in milliseconds since 1970.
func (s *Store) RecordGuidance(g Guidance, said int64) error {
	return s.record(kindGuidance, strconv.Itoa(g.N), g, guidanceNote{Said: said})
}

func (f *fold) guided(g Guidance) error {
	if n := len(f.guidance); n > 0 && (g.N <= f.guidance[n-1].N || g.From < f.guidance[n-1].From) {
		last := f.guidance[n-1]
		return fmt.Errorf("guidance %d from trial %d is on record already; what is said later has a higher number and no lower trial", last.N, last.From)
	}
	f.guidance = append(f.guidance, g)
	return nil
}

// person is the advice in force.
func (f *fold) person() mechanisms.Advice {
	for _, g := range slices.Backward(f.guidance) {
		switch {
		case g.Refused != "":
			continue
		case g.Text == "":
			return mechanisms.Advice{}
		}
		return mechanisms.Advice{Text: g.Text, Since: g.From}
	}
	return mechanisms.Advice{}
}

// Guidance returns what persons said and the run has heard, in order.
func (s *Store) Guidance() []Guidance {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.guidance)
}
