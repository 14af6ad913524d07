package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Steer is one act of level 1.5.
type Steer struct {
	Steering mechanisms.Steering `json:"steering"`
	Record   json.RawMessage     `json:"record,omitempty"` // how it came about, in the form of harness/steer
	Took     time.Duration       `json:"-"`                // by the clock, the model's answers included; recorded in the note, and not read back here
}

// A tookNote is the note of what one of the upper levels did. A record made before it was noted lacks it.
type tookNote struct {
	Took time.Duration `json:"took_ns,omitempty"`
}

// RecordSteering records the steering that applies from trial Steering.Since on.
func (s *Store) RecordSteering(x Steer) error {
	return s.record(kindSteer, strconv.Itoa(x.Steering.Since), x, tookNote{x.Took})
}

func (f *fold) steered(x Steer) error {
	if n := len(f.steer); n > 0 && x.Steering.Since <= f.steer[n-1].Steering.Since {
		return fmt.Errorf("steering from trial %d is on record already; later ones apply from a later trial", f.steer[n-1].Steering.Since)
	}
	f.steer = append(f.steer, x)
	return nil
}

// steering is what is in force now: the last act of level 1.5 with the last word of a person.
func (f *fold) steering() mechanisms.Steering {
	var x mechanisms.Steering
	if n := len(f.steer); n > 0 {
		x = f.steer[n-1].Steering
	}
	x.Frozen, x.Person = slices.Clone(x.Frozen), f.person()
	return x
}

// Steering returns every act of level 1.5 in order.
func (s *Store) Steering() []Steer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.steer)
}
