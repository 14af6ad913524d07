package store

import (
	"fmt"
	"slices"
	"strconv"
)

// Change says how a mechanism came into charge.
type Change string

// The changes of charge.
const (
	HandOver   Change = "hand-over"  // Level 2 brought a new mechanism into charge
	RollBack   Change = "roll-back"  // the new one failed before its first finished trial: its predecessor is back
	Quarantine Change = "quarantine" // it failed later: its predecessor is back, and it never runs again
	Retire     Change = "retire"     // it was inert or did worse: its predecessor is back
)

// A Switch is a change of the mechanism in charge.
type Switch struct {
	N    int    `json:"n"`   // counts the switches of the run from 0
	Seq  int    `json:"seq"` // of the first trial that To proposes
	Kind Change `json:"kind"`
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why,omitempty"`
	// Shadow is the mechanism asked beside To from here on; empty for none.
	Shadow string `json:"shadow,omitempty"`
	// Replay says that To had no state that fits the trials so far: it observed all of them again.
	Replay bool `json:"replay,omitempty"`
	// View is the hash of the view before and after the switch, which are equal.
	View string `json:"view,omitempty"`
}

// RecordSwitch records a change of the mechanism in charge, with the events that belong to it, in one transaction.
func (s *Store) RecordSwitch(x Switch, more ...Event) error {
	e, err := SwitchEvent(x)
	if err != nil {
		return err
	}
	return s.Record(append([]Event{e}, more...)...)
}

// SwitchEvent makes the event of a switch, to be recorded together with another.
func SwitchEvent(x Switch) (Event, error) { return newEvent(kindSwitch, strconv.Itoa(x.N), x, nil) }

func (f *fold) switched(x Switch) error {
	switch {
	case x.N != len(f.switches):
		return fmt.Errorf("the next switch is %d", len(f.switches))
	case x.From != f.inCharge():
		return fmt.Errorf("%s hands over, but %s is in charge", x.From, f.inCharge())
	case x.To == "":
		return fmt.Errorf("nobody would be in charge")
	}
	f.switches = append(f.switches, x)
	return nil
}

func (f *fold) inCharge() string {
	if n := len(f.switches); n > 0 {
		return f.switches[n-1].To
	}
	return f.meta.Mechanism
}

// Switches returns the changes of charge in order.
func (s *Store) Switches() []Switch {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.switches)
}

// InCharge returns the name of the mechanism in charge now and of its shadow, empty for none.
func (s *Store) InCharge() (mechanism, shadow string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.fold.switches); n > 0 {
		shadow = s.fold.switches[n-1].Shadow
	}
	return s.fold.inCharge(), shadow
}

// Quarantined reports whether a mechanism failed in this run and so never runs again in it.
func (s *Store) Quarantined(name string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.ContainsFunc(s.fold.switches, func(x Switch) bool {
		return x.From == name && (x.Kind == Quarantine || x.Kind == RollBack)
	})
}
