package gen

import (
	"sync"

	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
)

// A shelf keeps the sources that passed the gates which only read them, so that each is read once: what those gates say depends
// on nothing but the source and the toolchain, and in an ablation the same source is the model's answer in several runs and the
// one in charge in others.
type shelf struct {
	mu   sync.Mutex
	read map[string]reading // by the hash of the source as received
}

// A reading is a source that passed parse, type-check and vet.
type reading struct {
	pkg       vet.Package    // without its syntax
	mechanism wrap.Mechanism // as a runner compiles it in; the name and the provenance are each run's
}

func (s *shelf) find(src []byte) (reading, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.read[hashOf(src)]
	return r, ok
}

// put keeps a reading by the source as received and as it was after gofmt, which is how a later run has it.
func (s *shelf) put(src []byte, p vet.Package, m wrap.Mechanism) {
	bare := vet.Package{Source: p.Source, Hash: p.Hash, Name: p.Name, Type: p.Type, Doc: p.Doc, Pruner: p.Pruner}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.read == nil {
		s.read = map[string]reading{}
	}
	s.read[hashOf(src)] = reading{bare, m}
	s.read[p.Hash] = reading{bare, m}
}
