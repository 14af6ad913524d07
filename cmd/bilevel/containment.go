package main

import (
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// containedBy is what the record notes of what held the runners; nil where it notes nothing.
func containedBy(s *store.Store) (*contain.Report, error) {
	var r contain.Report
	if found, err := s.Containment(&r); err != nil || !found {
		return nil, err
	}
	return &r, nil
}

func showContainment(w io.Writer, s *store.Store) error {
	r, err := containedBy(s)
	if err != nil || r == nil {
		return err
	}
	_, err = fmt.Fprintf(w, "\nRunners were %s\n", r)
	return err
}
