package command

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v4"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

var parameterKeys = []string{"name", "type", "range", "choices", "default", "log", "unit", "doc", "flag", "env", "file", "line"}

const parameterExample = "- {name: LR, type: float, range: [1e-4, 1], default: 0.01, log: true, flag: --lr}"

func (f *File) readParameters(top section) {
	if !top.need("parameters", "parameters:\n          "+parameterExample) {
		return
	}
	nodes := top.list("parameters")
	if len(nodes) == 0 {
		top.fault(top.keys["parameters"], "task: parameters: none is given, want at least one:\n          %s", parameterExample)
	}
	for i, n := range nodes {
		s := top.section(n, fmt.Sprintf("parameters[%d]", i), parameterKeys...)
		if !s.need("name", "name: LR") {
			continue
		}
		name := s.text("name")
		s.name = "parameter " + name
		if !variableForm.MatchString(name) || name == seedName {
			s.fault(s.keys["name"], "%s: want a name of letters, digits and _, at most 64, and not %s", s.name, seedName)
		}
		if f.Space.Index(name) >= 0 {
			s.fault(s.keys["name"], "%s is given twice; take one out", s.name)
			continue
		}
		f.Space.Params = append(f.Space.Params, readParameter(s, name))
	}
}

func readParameter(s section, name string) mechanisms.Param {
	p := mechanisms.Param{Name: name, Log: s.yes("log"), Unit: s.text("unit"), Doc: s.text("doc")}
	if !s.need("type", "type: float") {
		return p
	}
	p.Kind = mechanisms.Kind(s.text("type"))
	switch p.Kind {
	case mechanisms.Choice:
		readChoices(s, &p)
	case mechanisms.Float, mechanisms.Int, mechanisms.Pow2:
		readRange(s, &p)
	default:
		s.fault(s.keys["type"], "%s: type is %q, want float, int, pow2 (a power of two) or choice", s.name, p.Kind)
	}
	return p
}

func readChoices(s section, p *mechanisms.Param) {
	for _, key := range []string{"range", "log"} {
		if s.has(key) {
			s.fault(s.keys[key], "%s: %s does not go with a choice; take it out", s.name, key)
		}
	}
	if !s.need("choices", "choices: [relu, gelu]") || !s.need("default", "default: relu") {
		return
	}
	for i, label := range s.texts("choices") {
		if !labelForm().MatchString(label) || slices.Contains(p.Choices, label) {
			s.fault(s.list("choices")[i], "%s: choice %q, want labels that differ, of 1 to 100 characters that are neither quotes, backslashes nor control characters", s.name, label)
		}
		p.Choices = append(p.Choices, label)
	}
	p.Max = float64(max(0, len(p.Choices)-1))
	at := slices.Index(p.Choices, s.text("default"))
	if at < 0 {
		s.fault(s.keys["default"], "%s: default is %q, want one of %s", s.name, s.text("default"), strings.Join(p.Choices, ", "))
	}
	p.Default = float64(max(0, at))
}

// labelForm keeps labels from ending the literal that they stand in, whatever its language.
// It takes 4 ms to make, which the start of every runner would pay: what contains one is this program.
var labelForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("^[^\\pC\"'`\\\\]{1,100}$") })

func readRange(s section, p *mechanisms.Param) {
	if s.has("choices") {
		s.fault(s.keys["choices"], "%s: choices do not go with type %s; give a range, or make it type: choice", s.name, p.Kind)
	}
	if !s.need("range", "range: [1, 64]") || !s.need("default", "default: 8") {
		return
	}
	ends := s.list("range")
	if len(ends) != 2 {
		s.fault(s.keys["range"], "%s: range has %d numbers, want two: [least, most]", s.name, len(ends))
		return
	}
	p.Min, p.Max = s.float(ends[0], s.path("range")), s.float(ends[1], s.path("range"))
	p.Default = s.number("default")
	switch {
	case p.Min >= p.Max:
		s.fault(s.keys["range"], "%s: range is [%v, %v], want the smaller number first", s.name, p.Min, p.Max)
		return
	case p.Log && p.Min <= 0:
		s.fault(s.keys["range"], "%s: range begins at %v, want more than 0 with log: true", s.name, p.Min)
		return
	case p.Kind == mechanisms.Pow2 && (!powerOfTwo(p.Min) || !powerOfTwo(p.Max)):
		s.fault(s.keys["range"], "%s: range is [%v, %v], want powers of two", s.name, p.Min, p.Max)
		return
	case p.Kind == mechanisms.Int && (p.Min != math.Trunc(p.Min) || p.Max != math.Trunc(p.Max)):
		s.fault(s.keys["range"], "%s: range is [%v, %v], want whole numbers", s.name, p.Min, p.Max)
		return
	}
	if err := p.Check(p.Default); err != nil {
		s.fault(s.keys["default"], "default: %v", err)
	} else if p.Clip(p.Default) != p.Default {
		s.fault(s.keys["default"], "%s: default is %v, want at most six significant digits", s.name, p.Default)
	}
}

func powerOfTwo(v float64) bool {
	fraction, _ := math.Frexp(v)
	return fraction == 0.5 && v >= 1
}

var constraintKeys = []string{"left", "right", "factor", "multiple", "why"}

// readConstraints reads what mechanisms.Constraint says.
func (f *File) readConstraints(top section) {
	for i, n := range top.list("constraints") {
		s := top.section(n, fmt.Sprintf("constraints[%d]", i), constraintKeys...)
		c := mechanisms.Constraint{Factor: 1, Multiple: s.yes("multiple"), Why: s.text("why")}
		if !s.need("left", "left: [TOTAL_BATCH]") || !s.need("why", "why: a step is a whole number of micro-batches") {
			continue
		}
		c.Left, c.Right = f.numbers(s, "left"), f.numbers(s, "right")
		if s.has("factor") {
			c.Factor = s.number("factor")
		}
		if c.Factor <= 0 {
			s.fault(s.keys["factor"], "%s: factor is %v, want more than 0", s.name, c.Factor)
		}
		f.Space.Constraints = append(f.Space.Constraints, c)
	}
}

// numbers are the names at key, which must be parameters with numbers for values.
func (f *File) numbers(s section, key string) []string {
	names := s.texts(key)
	for i, name := range names {
		if at := f.Space.Index(name); at < 0 || f.Space.Params[at].Kind == mechanisms.Choice {
			s.fault(s.list(key)[i], "%s: %q is no parameter with a range; there are %s", s.path(key), name, strings.Join(f.Space.Names(), ", "))
		}
	}
	return names
}

// checkDefault holds the default point, which every trial is measured against, to the constraints.
func (f *File) checkDefault(top section) error {
	if err := f.Space.Check(f.Space.Default()); err != nil {
		var at *yaml.Node
		if top.has("constraints") {
			at = top.keys["constraints"]
		}
		top.fault(at, "constraints: the default point does not satisfy them: %v", err)
	}
	return top.err()
}
