package command

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// A Problem is a fault of a task file.
type Problem struct {
	Line int // of the file, from 1; 0 for the file as a whole
	Text string
}

func (p Problem) String() string {
	if p.Line == 0 {
		return p.Text
	}
	return fmt.Sprintf("line %d: %s", p.Line, p.Text)
}

// A FormatError holds every fault of a task file, in the order of its lines.
type FormatError struct{ Problems []Problem }

func (e *FormatError) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// A reader turns YAML nodes into values and collects what is wrong with them. After a fault it returns a zero value and
// goes on, so that one look at the file finds all of its faults.
type reader struct{ problems []Problem }

func (r *reader) fault(n *yaml.Node, format string, args ...any) {
	line := 0
	if n != nil {
		line = n.Line
	}
	r.problems = append(r.problems, Problem{Line: line, Text: fmt.Sprintf(format, args...)})
}

// err is nil when nothing was found wrong.
func (r *reader) err() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return &FormatError{Problems: r.problems}
}

// A section is a mapping of the file whose keys are known.
type section struct {
	*reader
	node *yaml.Node
	name string // as errors call it
	keys map[string]*yaml.Node
}

// section reads a mapping. A key that is unknown or given twice is a fault.
func (r *reader) section(n *yaml.Node, name string, known ...string) section {
	s := section{reader: r, node: n, name: name, keys: map[string]*yaml.Node{}}
	if n = resolved(n); n.Kind != yaml.MappingNode {
		r.fault(s.node, "%s: found %s, want keys and values: %s", name, kindOf(n), strings.Join(known, ", "))
		return s
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		switch {
		case !slices.Contains(known, key.Value):
			r.fault(key, "%s: unknown key %q; there are %s", name, key.Value, strings.Join(known, ", "))
		case s.keys[key.Value] != nil:
			r.fault(key, "%s: key %q is given twice; take one out", name, key.Value)
		default:
			s.keys[key.Value] = resolved(n.Content[i+1])
		}
	}
	return s
}

// has reports whether the key is given.
func (s section) has(key string) bool { return s.keys[key] != nil }

// need is a fault when the key is missing; example says what it could be.
func (s section) need(key, example string) bool {
	if s.has(key) {
		return true
	}
	s.fault(s.node, "%s: key %q is missing; add for example\n        %s", s.name, key, example)
	return false
}

func (s section) path(key string) string { return s.name + ": " + key }

// text is the scalar at key; empty when the key is missing.
func (s section) text(key string) string {
	if !s.has(key) {
		return ""
	}
	return s.scalar(s.keys[key], s.path(key))
}

func (s section) yes(key string) bool {
	switch v := s.text(key); v {
	case "", "false":
		return false
	case "true":
		return true
	default:
		s.fault(s.keys[key], "%s is %q, want true or false", s.path(key), v)
		return false
	}
}

func (s section) number(key string) float64 { return s.float(s.keys[key], s.path(key)) }

// duration is the time at key: 90s, 10m.
func (s section) duration(key string) time.Duration {
	v := s.text(key)
	d, err := time.ParseDuration(v)
	if err != nil || d <= 0 {
		s.fault(s.keys[key], "%s is %q, want a time above zero with its unit: 90s, 10m, 1h30m", s.path(key), v)
	}
	return d
}

// pattern is the regular expression at key, which must have this many groups.
func (s section) pattern(key string, groups int) *regexp.Regexp {
	v := s.text(key)
	if v == "" {
		s.fault(s.keys[key], "%s is empty, want a regular expression", s.path(key))
		return nil
	}
	p, err := regexp.Compile(v)
	if err != nil {
		s.fault(s.keys[key], "%s: %v; the syntax is that of Go's regexp (RE2)", s.path(key), err)
		return nil
	}
	if groups > 0 && p.NumSubexp() != groups {
		s.fault(s.keys[key], "%s has %d groups, want %d, in parentheses, around the number; other groups are written (?:...)", s.path(key), p.NumSubexp(), groups)
		return nil
	}
	return p
}

// texts is the list of scalars at key.
func (s section) texts(key string) []string {
	var texts []string
	for i, n := range s.list(key) {
		texts = append(texts, s.scalar(n, fmt.Sprintf("%s[%d]", s.path(key), i)))
	}
	return texts
}

// longestList bounds every list of a file: more is a mistake, not a task.
const longestList = 1000

func (s section) list(key string) []*yaml.Node {
	n := s.keys[key]
	if n == nil {
		return nil
	}
	if n.Kind != yaml.SequenceNode || len(n.Content) > longestList {
		s.fault(n, "%s: found %s, want a list of at most %d: [one, two]", s.path(key), kindOf(n), longestList)
		return nil
	}
	nodes := make([]*yaml.Node, len(n.Content))
	for i, c := range n.Content {
		nodes[i] = resolved(c)
	}
	return nodes
}

func (r *reader) scalar(n *yaml.Node, name string) string {
	if n.Kind != yaml.ScalarNode || n.ShortTag() == "!!null" {
		r.fault(n, "%s: found %s, want a text or a number", name, kindOf(n))
		return ""
	}
	return n.Value
}

// float reads a finite number; 2^19 is one too.
func (r *reader) float(n *yaml.Node, name string) float64 {
	text := r.scalar(n, name)
	if text == "" {
		return 0
	}
	v, err := strconv.ParseFloat(text, 64)
	if exponent, found := strings.CutPrefix(text, "2^"); found {
		v, err = strconv.ParseFloat(exponent, 64)
		v = math.Exp2(v)
	}
	if err != nil || math.IsNaN(v) || math.Abs(v) > 1e15 {
		r.fault(n, "%s is %q, want a number between -1e15 and 1e15: 0.04, 1e-3, 2^19", name, text)
		return 0
	}
	return v
}

func resolved(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode && n.Alias != nil && n.Alias.Kind == yaml.ScalarNode {
		return n.Alias // of larger parts there are none: a file that contains itself would have no end
	}
	return n
}

func kindOf(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys and values"
	case yaml.SequenceNode:
		return fmt.Sprintf("a list of %d", len(n.Content))
	case yaml.AliasNode:
		return "an alias of something that is no single value"
	}
	if n.ShortTag() == "!!null" {
		return "nothing"
	}
	return fmt.Sprintf("%q", n.Value)
}
