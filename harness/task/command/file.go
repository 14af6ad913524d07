package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A File is a task file that was read and found right.
type File struct {
	About         string   // what is trained and what the value means, for the language model
	Folder        string   // that is copied for every trial; relative to the file's own folder
	Exclude       []string // patterns of what is not copied, beside AlwaysExcluded
	Link          []string // files and folders that a copy has symbolic links to
	Args          []string // the program and its arguments; no shell reads them
	Environment   []string // NAME=value
	Timeout       time.Duration
	Deterministic bool    // the same values give the same result, so that no trial need be run twice
	Noise         float64 // standard deviation of the value between runs with the same values; 0 when it is not known

	Space     mechanisms.Space
	Ways      []Way  // how each parameter is given, in Space order; the zero Way for one that a Line has
	Lines     []Line // of source files, edited in the copy
	Seed      Way    // how the seed is given; the zero Way for not at all, when no line has {seed}
	Objective Objective
	Failures  []Sign
	Progress  *regexp.Regexp // its group is the percentage done; nil when nothing tells
	Curve     *regexp.Regexp // its groups value and, unless Progress tells, percent are a point of the learning curve; nil for none

	at map[string]int // lines of the task file that the keys of its top stand in
}

// Where says in which line of the task file a key of its top stands, as the beginning of an error about its value; for one that is
// left out, that it is its default.
func (f *File) Where(key string) string {
	if line, given := f.at[key]; given {
		return fmt.Sprintf("line %d: %s", line, key)
	}
	return key + ", which is left out"
}

// A Way is how a value reaches the program outside its source files.
type Way struct {
	Flag     string // "--lr" gives two arguments, "--lr=" one
	Variable string // name of an environment variable
}

// longestFile bounds a task file. Bytes.
const longestFile = 256 << 10

// fileKeys are those at the top of a task file.
var fileKeys = []string{
	"name", "about", "folder", "exclude", "link", "command", "environment", "timeout", "deterministic", "noise",
	"parameters", "constraints", "seed", "objective", "failures", "progress", "curve",
}

// Parse reads a task file. The error is a *FormatError that holds all faults.
func Parse(text []byte) (*File, error) {
	root, err := document(text)
	if err != nil {
		return nil, err
	}
	r := &reader{}
	top := r.section(root, "task", fileKeys...)
	f := &File{About: strings.TrimSpace(top.text("about")), Folder: ".", Timeout: time.Hour, Deterministic: top.yes("deterministic"), at: map[string]int{}}
	for key, n := range top.keys {
		f.at[key] = n.Line
	}
	if top.need("name", "name: my-model") {
		f.Space.Name = top.text("name")
		if f.Space.Name != "" && !nameForm.MatchString(f.Space.Name) {
			r.fault(top.keys["name"], "task: name is %q, want letters, digits, _ and -, a letter first, at most 64", f.Space.Name)
		}
	}
	if top.has("folder") {
		f.Folder = top.text("folder")
	}
	if top.need("timeout", "timeout: 10m") {
		f.Timeout = top.duration("timeout")
	}
	f.readNoise(top)
	f.readCommand(top)
	f.readParameters(top)
	f.readConstraints(top)
	f.readSeed(top)
	f.readWays(top)
	f.readObjective(top)
	f.readFailures(top)
	if top.has("progress") {
		f.Progress = top.pattern("progress", 1)
	}
	f.readCurve(top)
	if err := r.err(); err != nil {
		return nil, err
	}
	return f, f.checkDefault(top)
}

// document is the one document of the text.
func document(text []byte) (*yaml.Node, error) {
	if len(text) > longestFile {
		return nil, &FormatError{[]Problem{{Text: fmt.Sprintf("the file has %d bytes, want at most %d", len(text), longestFile)}}}
	}
	var doc, more yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(text))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, &FormatError{[]Problem{{Text: "the file is empty; bilevel task init writes an example"}}}
	} else if err != nil {
		return nil, notYAML(err)
	}
	if err := d.Decode(&more); err == nil {
		return nil, &FormatError{[]Problem{{Line: more.Line, Text: "a second document begins, want one; take out the line ---"}}}
	} else if !errors.Is(err, io.EOF) {
		return nil, notYAML(err)
	}
	if len(doc.Content) != 1 {
		return nil, &FormatError{[]Problem{{Text: "the file is empty; bilevel task init writes an example"}}}
	}
	return doc.Content[0], nil
}

func notYAML(err error) error {
	p := Problem{Text: fmt.Sprintf("not YAML: %v", err)}
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		p = Problem{Line: e.Mark.Line, Text: "not YAML: " + e.Message + "; indent with spaces, and put text with : # { [ \\ into single quotes"}
	}
	return &FormatError{[]Problem{p}}
}

func (f *File) readNoise(top section) {
	if !top.has("noise") {
		return
	}
	if f.Noise = top.number("noise"); f.Noise <= 0 {
		top.fault(top.keys["noise"], "task: noise is %v, want the standard deviation of the value between runs with the same values, more than 0; leave it out where it is not known", f.Noise)
	}
	if f.Deterministic {
		top.fault(top.keys["noise"], "task: noise does not go with deterministic: true; take one out")
	}
}

func (f *File) readCommand(top section) {
	if top.need("command", "command: [python, train.py]") {
		if n := top.keys["command"]; n.Kind != yaml.SequenceNode {
			top.fault(n, "task: command: found %s, want the program and its arguments as a list: [python, train.py]; no shell reads them, for one write [sh, -c, ...]", kindOf(n))
		} else if f.Args = top.texts("command"); len(f.Args) == 0 || f.Args[0] == "" {
			top.fault(n, "task: command is empty, want the program and its arguments as a list: [python, train.py]")
		}
	}
	f.Exclude = top.texts("exclude")
	for i, pattern := range f.Exclude {
		if _, err := filepath.Match(pattern, ""); err != nil {
			top.fault(top.list("exclude")[i], "task: exclude: %q is no pattern: %v", pattern, err)
		}
	}
	f.Link = top.texts("link")
	for i, name := range f.Link {
		if !filepath.IsLocal(name) || filepath.Clean(name) == "." {
			top.fault(top.list("link")[i], "task: link: %q, want a path inside the folder", name)
		}
	}
	if !top.has("environment") {
		return
	}
	n := top.keys["environment"]
	if n.Kind != yaml.MappingNode {
		top.fault(n, "task: environment: found %s, want NAME: value", kindOf(n))
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		name := n.Content[i]
		if !variableForm.MatchString(name.Value) {
			top.fault(name, "task: environment: %q, want a name of letters, digits and _", name.Value)
		}
		f.Environment = append(f.Environment, name.Value+"="+top.scalar(resolved(n.Content[i+1]), "task: environment: "+name.Value))
	}
}

var (
	nameForm     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_-]{0,63}$`)
	variableForm = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)
)
