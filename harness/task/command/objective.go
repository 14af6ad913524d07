package command

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/seed161a02ea/bilevel/harness/quote"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// An Objective says where the value of a trial is read, and which direction is better.
type Objective struct {
	Pattern  *regexp.Regexp // of a line of output; its group is the number, and the last match counts
	JSON     []string       // path of the number in a JSON object, in place of Pattern
	File     string         // that holds the object; empty for the last line of output that is one
	Maximise bool           // higher is better
	Name     string         // of the value, for people and for the model
}

func (f *File) readObjective(top section) {
	if !top.need("objective", `objective: {pattern: '^val_loss: (\S+)', direction: minimise}`) {
		return
	}
	s := top.section(top.keys["objective"], "objective", "pattern", "json", "file", "direction", "name")
	o := Objective{}
	switch {
	case s.has("pattern") && s.has("json"):
		s.fault(s.keys["json"], "objective has both pattern and json, want one of them")
	case s.has("pattern"):
		o.Pattern = s.pattern("pattern", 1)
		if s.has("file") {
			s.fault(s.keys["file"], "objective: file goes with json; a pattern is looked for in the output")
		}
	case s.has("json"):
		o.JSON = strings.Split(s.text("json"), ".")
		if o.File = s.text("file"); o.File != "" && (!filepath.IsLocal(o.File) || filepath.Clean(o.File) == ".") {
			s.fault(s.keys["file"], "objective: file is %q, want a path inside the folder", o.File)
		}
	default:
		s.fault(s.node, `objective is read nowhere; add pattern: '^val_loss: (\S+)', or json: metrics.val_loss`)
	}
	if s.need("direction", "direction: minimise") {
		switch v := s.text("direction"); v {
		case "minimise", "minimize":
		case "maximise", "maximize":
			o.Maximise = true
		default:
			s.fault(s.keys["direction"], "objective: direction is %q, want minimise or maximise", v)
		}
	}
	o.Name = valueName(o)
	if s.has("name") {
		if o.Name = s.text("name"); !valueForm().MatchString(o.Name) {
			s.fault(s.keys["name"], "objective: name is %q, want what people call the value, in at most 40 letters, digits, spaces and _ - . /: val_acc", o.Name)
		}
	}
	f.Objective = o
	f.Space.Measure = mechanisms.Measure{Name: o.Name, Higher: o.Maximise}
}

var (
	// valueForm is large, and compiled by whoever needs it: every start of the tool would pay for it.
	valueForm = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL_][\pL\pN _./-]{0,39}$`) })
	valueWord = regexp.MustCompile(`[A-Za-z][A-Za-z0-9_]+`)
	escapes   = regexp.MustCompile(`\\.|\[[^\]]*\]|\(\?[^)]*\)`)
)

// valueName is what a value is called that its author gave no name: the key it stands at, or the first word that the pattern
// of its line looks for.
func valueName(o Objective) string {
	name := "value"
	switch {
	case len(o.JSON) > 0 && valueForm().MatchString(o.JSON[len(o.JSON)-1]):
		name = o.JSON[len(o.JSON)-1]
	case o.Pattern != nil:
		if word := valueWord.FindString(escapes.ReplaceAllString(o.Pattern.String(), " ")); word != "" && valueForm().MatchString(word) {
			name = word
		}
	}
	return name
}

// errNoValue is an output that holds no value.
var errNoValue = errors.New("no value")

// read finds the value that a program left: in what it printed, or in a file of the folder it ran in.
func (o Objective) read(out *output, folder string) (float64, error) {
	if o.Pattern != nil {
		if out.value == "" {
			return 0, fmt.Errorf("%w: no line of its output matches the pattern of the objective", errNoValue)
		}
		return number(out.value)
	}
	text := out.object
	if o.File != "" {
		var err error
		if text, err = readBounded(folder, o.File); err != nil {
			return 0, fmt.Errorf("%w: %v", errNoValue, err)
		}
	} else if text == "" {
		return 0, fmt.Errorf("%w: no line of its output is a JSON object", errNoValue)
	}
	return o.lookup(text)
}

// largestObject bounds a file of results. Bytes.
const largestObject = 4 << 20

// readBounded reads a regular file inside the folder; a program could leave a link out of it, or a pipe that never ends.
func readBounded(folder, name string) (string, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return "", err
	}
	defer root.Close()
	info, err := root.Stat(name)
	if err != nil {
		return "", fmt.Errorf("it left no file %s", name)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no regular file", name)
	}
	f, err := root.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, largestObject+1))
	if err == nil && len(b) > largestObject {
		err = fmt.Errorf("%s is larger than %d bytes", name, largestObject)
	}
	return string(b), err
}

// lookup follows the path into a JSON object: keys of objects, indexes of lists.
func (o Objective) lookup(text string) (float64, error) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return 0, fmt.Errorf("%w: not JSON: %v", errNoValue, err)
	}
	for i, key := range o.JSON {
		var found bool
		switch x := v.(type) {
		case map[string]any:
			v, found = x[key]
		case []any:
			if k, err := strconv.Atoi(key); err == nil && k >= 0 && k < len(x) {
				v, found = x[k], true
			}
		}
		if !found {
			return 0, fmt.Errorf("%w: its JSON has nothing at %s", errNoValue, strings.Join(o.JSON[:i+1], "."))
		}
	}
	switch x := v.(type) {
	case json.Number:
		return number(x.String())
	case string: // JSON has no NaN; some programs write it as a text
		return number(x)
	}
	return 0, fmt.Errorf("%w: its JSON has no number at %s", errNoValue, strings.Join(o.JSON, "."))
}

func number(s string) (float64, error) {
	v, err := strconv.ParseFloat(strings.TrimSpace(s), 64)
	if errors.Is(err, strconv.ErrRange) {
		return math.Inf(1), nil
	}
	if err != nil {
		return 0, fmt.Errorf("%w: it says %q, want a number", errNoValue, quote.Line(s, longestQuote))
	}
	return v, nil
}
