package store

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Steer is one act of level 1.5.
type Steer struct {
	Steering mechanisms.Steering `json:"steering"`
	Record   json.RawMessage     `json:"record,omitempty"` // how it came about, in the form of harness/steer
}

// RecordSteering records the steering that applies from trial Steering.Since on.
func (s *Store) RecordSteering(x Steer) error {
	return s.record(kindSteer, strconv.Itoa(x.Steering.Since), x, nil)
}

func (f *fold) steered(x Steer) error {
	if n := len(f.steer); n > 0 && x.Steering.Since <= f.steer[n-1].Steering.Since {
		return fmt.Errorf("steering from trial %d is on record already; later ones apply from a later trial", f.steer[n-1].Steering.Since)
	}
	f.steer = append(f.steer, x)
	return nil
}

func (f *fold) steering() mechanisms.Steering {
	if len(f.steer) == 0 {
		return mechanisms.Steering{}
	}
	x := f.steer[len(f.steer)-1].Steering
	x.Frozen = slices.Clone(x.Frozen)
	return x
}

// Steering returns every act of level 1.5 in order.
func (s *Store) Steering() []Steer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.fold.steer)
}
