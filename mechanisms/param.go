package mechanisms

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Kind says which values a parameter has.
type Kind string

// The kinds of parameter.
const (
	Float  Kind = "float"  // every number in [Min, Max]
	Int    Kind = "int"    // every whole number in [Min, Max]
	Pow2   Kind = "pow2"   // every power of two in [Min, Max]
	Choice Kind = "choice" // one of Choices; its value is the index
)

// A Param is one dimension of a space.
type Param struct {
	Name    string   `json:"name"`
	Kind    Kind     `json:"kind"`
	Min     float64  `json:"min"` // of the values, both ends allowed; a Choice has 0 and len(Choices)-1
	Max     float64  `json:"max"`
	Default float64  `json:"default"`
	Log     bool     `json:"log,omitempty"`     // effects follow ratios: steps multiply; Min is above 0
	Choices []string `json:"choices,omitempty"` // labels of a Choice
	Unit    string   `json:"unit,omitempty"`
	Doc     string   `json:"doc,omitempty"`
}

// Check returns an error unless v is one of the parameter's values.
func (p Param) Check(v float64) error {
	switch {
	case math.IsNaN(v) || v < p.Min || v > p.Max:
		return fmt.Errorf("%s = %v, want %s", p.Name, v, p.Range())
	case (p.Kind == Int || p.Kind == Choice) && v != math.Trunc(v):
		return fmt.Errorf("%s = %v, want a whole number: %s", p.Name, v, p.Range())
	case p.Kind == Pow2 && v != math.Exp2(math.Round(math.Log2(v))):
		return fmt.Errorf("%s = %v, want a power of two: %s", p.Name, v, p.Range())
	}
	return nil
}

// Range describes the parameter's values in words.
func (p Param) Range() string {
	switch p.Kind {
	case Choice:
		return "one of " + strings.Join(p.Choices, ", ")
	case Pow2:
		return fmt.Sprintf("a power of two from %s to %s", p.Format(p.Min), p.Format(p.Max))
	case Int:
		return fmt.Sprintf("a whole number from %s to %s", p.Format(p.Min), p.Format(p.Max))
	}
	return fmt.Sprintf("a number from %s to %s", p.Format(p.Min), p.Format(p.Max))
}

// Clip returns the parameter's value nearest to v; the default for NaN. A Float is rounded to six significant digits, so
// that the value people read is the value that was trained, and two values that print alike are equal.
func (p Param) Clip(v float64) float64 {
	if math.IsNaN(v) {
		return p.Default
	}
	v = min(max(v, p.Min), p.Max)
	switch p.Kind {
	case Float:
		v, _ = strconv.ParseFloat(strconv.FormatFloat(v, 'g', 6, 64), 64) // what FormatFloat wrote always parses
	case Int, Choice:
		v = math.Round(v)
	case Pow2:
		v = math.Exp2(math.Round(math.Log2(v)))
	}
	return min(max(v, p.Min), p.Max)
}

// Unit01 maps a value to [0, 1], by logarithm where the parameter is Log or Pow2.
func (p Param) Unit01(v float64) float64 {
	if p.Max == p.Min {
		return 0.5
	}
	if p.logarithmic() {
		return math.Log(v/p.Min) / math.Log(p.Max/p.Min)
	}
	return (v - p.Min) / (p.Max - p.Min)
}

// FromUnit01 is the inverse of Unit01, clipped to the parameter's values (see Clip for how a Float is rounded).
func (p Param) FromUnit01(u float64) float64 {
	if p.logarithmic() {
		return p.Clip(p.Min * math.Pow(p.Max/p.Min, u))
	}
	return p.Clip(p.Min + u*(p.Max-p.Min))
}

// Move returns the value one step of the given size away from v, in the direction dir (+1 or -1): size is a share of the
// range (of its logarithm where the parameter is Log or Pow2). A parameter with separate values moves by at least one of
// them. At the end of the range it returns v. For a Choice it is the next label, with no meaning of order.
func (p Param) Move(v float64, dir int, size float64) float64 {
	if w := p.FromUnit01(p.Unit01(v) + float64(dir)*size); p.Kind == Float || w != v {
		return w
	}
	switch {
	case p.Kind == Pow2 && dir > 0:
		return p.Clip(v * 2)
	case p.Kind == Pow2:
		return p.Clip(v / 2)
	}
	return p.Clip(v + float64(dir))
}

// Direction returns +1 when to is above from, -1 when it is below, and 0 when they are equal or the parameter is a Choice,
// whose labels have no order.
func (p Param) Direction(from, to float64) int {
	if p.Kind == Choice {
		return 0
	}
	return cmp.Compare(to, from)
}

// Levels returns how many values the parameter has, or 0 for a Float.
func (p Param) Levels() int {
	switch p.Kind {
	case Float:
		return 0
	case Pow2:
		return int(math.Log2(p.Max/p.Min)+0.5) + 1
	}
	return int(p.Max-p.Min) + 1
}

// Level returns the k-th value, k from 0 to Levels()-1.
func (p Param) Level(k int) float64 {
	if p.Kind == Pow2 {
		return p.Min * math.Exp2(float64(k))
	}
	return p.Min + float64(k)
}

// Format writes a value as people read it: a Choice by its label, a whole number in full, any other with as many digits as
// Parse needs to read the same value again.
func (p Param) Format(v float64) string {
	if p.Kind == Choice && v == math.Trunc(v) && v >= 0 && int(v) < len(p.Choices) {
		return p.Choices[int(v)]
	}
	if v == math.Trunc(v) && math.Abs(v) < 1e15 {
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Parse reads a value as Format writes it, and checks it.
func (p Param) Parse(s string) (float64, error) {
	if p.Kind == Choice {
		if i := slices.Index(p.Choices, s); i >= 0 {
			return float64(i), nil
		}
		return 0, fmt.Errorf("%s = %q, want %s", p.Name, s, p.Range())
	}
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if err != nil {
		return 0, fmt.Errorf("%s = %q, want %s", p.Name, s, p.Range())
	}
	return v, p.Check(v)
}

func (p Param) logarithmic() bool { return p.Log || p.Kind == Pow2 }
