package mechanisms

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Space is what may be searched: parameters in a fixed order, and the constraints that tie them together.
type Space struct {
	Name        string       `json:"name"`
	Params      []Param      `json:"params"`
	Constraints []Constraint `json:"constraints,omitempty"`
	Measure     Measure      `json:"measure,omitzero"` // of a point, for people
}

// A Point is one value per parameter, in Space order. A Choice's value is the index of the choice.
type Point []float64

// Equal reports whether p and q have the same values.
func (p Point) Equal(q Point) bool { return slices.Equal(p, q) }

// Clone returns a copy that shares nothing with p.
func (p Point) Clone() Point { return slices.Clone(p) }

// With returns a copy of p with value v for parameter i.
func (p Point) With(i int, v float64) Point {
	q := slices.Clone(p)
	q[i] = v
	return q
}

// A Constraint holds at a point when the product of the Left parameters is at least Factor times the product of the Right
// parameters and, if Multiple is set, a whole multiple of it. Constraints that only the task can see (memory) are not here.
type Constraint struct {
	Left     []string `json:"left"`
	Right    []string `json:"right"`
	Factor   float64  `json:"factor"`
	Multiple bool     `json:"multiple,omitempty"`
	Why      string   `json:"why"` // told to the proposer
}

// Default returns the point that the baseline trains.
func (s Space) Default() Point {
	p := make(Point, len(s.Params))
	for i, q := range s.Params {
		p[i] = q.Default
	}
	return p
}

// Index returns the place of the parameter with this name, or -1.
func (s Space) Index(name string) int {
	return slices.IndexFunc(s.Params, func(p Param) bool { return p.Name == name })
}

// Names returns the parameters' names in Space order.
func (s Space) Names() []string {
	names := make([]string, len(s.Params))
	for i, p := range s.Params {
		names[i] = p.Name
	}
	return names
}

// Tied returns the names of the parameters that share a constraint with parameter i, its own name first. Asking the model to
// change i alone may leave it no allowed change; with these there are more.
func (s Space) Tied(i int) []string {
	name := s.Params[i].Name
	tied := []string{name}
	for _, c := range s.Constraints {
		if !slices.Contains(c.Left, name) && !slices.Contains(c.Right, name) {
			continue
		}
		for _, other := range slices.Concat(c.Left, c.Right) {
			if !slices.Contains(tied, other) {
				tied = append(tied, other)
			}
		}
	}
	return tied
}

// Hash identifies the space: two spaces with the same hash have the same points.
func (s Space) Hash() string {
	s.Measure = Measure{} // points are the same whatever their value is called
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a Space holds only numbers and strings; a NaN in one is a programmer's mistake
	}
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// Check returns an error that names the first thing wrong with p: its length, a value outside its parameter's values, or
// a constraint that does not hold (a *ConstraintError).
func (s Space) Check(p Point) error {
	if err := s.Inside(p); err != nil {
		return err
	}
	for _, c := range s.Constraints {
		if err := c.check(s, p); err != nil {
			return err
		}
	}
	return nil
}

// Inside is Check without the constraints.
func (s Space) Inside(p Point) error {
	if len(p) != len(s.Params) {
		return fmt.Errorf("point has %d values, want %d (one per parameter of space %s)", len(p), len(s.Params), s.Name)
	}
	for i, q := range s.Params {
		if err := q.Check(p[i]); err != nil {
			return err
		}
	}
	return nil
}

// Clip returns the point of the space nearest to p, value by value: rounded, made a power of two, held within the range.
// NaN becomes the default. It does not mend constraints; Check tells.
func (s Space) Clip(p Point) Point {
	q := make(Point, len(s.Params))
	for i, par := range s.Params {
		if i < len(p) {
			q[i] = par.Clip(p[i])
		} else {
			q[i] = par.Default
		}
	}
	return q
}

// Diff describes how p differs from the point from, as NAME old → new, in Space order.
func (s Space) Diff(from, p Point) string {
	var parts []string
	for i, q := range s.Params {
		if i < len(p) && i < len(from) && p[i] != from[i] {
			parts = append(parts, fmt.Sprintf("%s %s → %s", q.Name, q.Format(from[i]), q.Format(p[i])))
		}
	}
	if len(parts) == 0 {
		return "no change"
	}
	return strings.Join(parts, ", ")
}

// A ConstraintError says which constraint does not hold at a point that is otherwise inside the space.
type ConstraintError struct {
	Constraint  Constraint
	Left, Right float64 // the two sides, Factor included
}

func (e *ConstraintError) Error() string {
	c := e.Constraint
	want := "at least"
	if c.Multiple {
		want = "a multiple of"
	}
	return fmt.Sprintf("%s = %g, want %s %g × %s = %g: %s", strings.Join(c.Left, " × "), e.Left, want, c.Factor, strings.Join(c.Right, " × "), e.Right, c.Why)
}

func (c Constraint) check(s Space, p Point) error {
	left, right := s.product(c.Left, p), c.Factor*s.product(c.Right, p)
	if left < right || c.Multiple && math.Mod(left, right) != 0 {
		return &ConstraintError{Constraint: c, Left: left, Right: right}
	}
	return nil
}

func (s Space) product(names []string, p Point) float64 {
	x := 1.0
	for _, n := range names {
		x *= p[s.Index(n)]
	}
	return x
}
