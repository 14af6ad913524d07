package command

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// seedName stands for the seed in lines.
const seedName = "seed"

// readWays reads how each parameter reaches the program: by exactly one of flag, env, and a line of a source file. A line
// may hold several parameters; one that stands in another's line needs no way of its own.
func (f *File) readWays(top section) {
	f.Ways = make([]Way, len(f.Space.Params))
	var orphans []section
	for _, n := range top.list("parameters") {
		quiet := &reader{} // what is wrong with its keys and its name was told before
		s := quiet.section(n, "parameter", parameterKeys...)
		at := f.Space.Index(s.text("name"))
		if at < 0 {
			continue
		}
		s.reader = top.reader
		p := f.Space.Params[at]
		s.name = "parameter " + p.Name
		f.Ways[at] = f.readWay(s, defaultLine(p))
		if f.Ways[at] == (Way{}) && !s.has("file") {
			orphans = append(orphans, s)
		}
	}
	for _, s := range orphans {
		if name := s.text("name"); !f.inLine(name) {
			s.fault(s.node, "%s is given to the program in no way; add flag: --name, env: NAME, or file: and line: of a source file", s.name)
		}
	}
	f.checkLines(top)
}

// defaultLine is the line of a parameter that names only its file: an assignment.
func defaultLine(p mechanisms.Param) string {
	if p.Kind == mechanisms.Choice {
		return p.Name + ` = "{` + p.Name + `}"`
	}
	return p.Name + " = {" + p.Name + "}"
}

// readWay reads flag, env, file and line of a section.
func (f *File) readWay(s section, line string) Way {
	var given []string
	for _, key := range []string{"flag", "env", "file"} {
		if s.has(key) {
			given = append(given, key)
		}
	}
	if len(given) > 1 {
		s.fault(s.keys[given[1]], "%s has both %s, want one of them; take the other out", s.name, strings.Join(given, " and "))
	}
	if s.has("line") && !s.has("file") {
		s.fault(s.keys["line"], "%s has a line but no file; add file: train.py", s.name)
	}
	w := Way{Flag: s.text("flag"), Variable: s.text("env")}
	if s.has("flag") && (!strings.HasPrefix(w.Flag, "-") || strings.ContainsAny(w.Flag, " \t\n\x00")) {
		s.fault(s.keys["flag"], "%s: flag is %q, want one word that begins with -: --lr, or --lr= for one argument with the value", s.name, w.Flag)
	}
	if s.has("env") && !variableForm.MatchString(w.Variable) {
		s.fault(s.keys["env"], "%s: env is %q, want a name of letters, digits and _", s.name, w.Variable)
	}
	if s.has("file") {
		if s.has("line") {
			line = s.text("line")
		}
		f.readLine(s, s.text("file"), line)
	}
	return w
}

func (f *File) readLine(s section, file, text string) {
	if !filepath.IsLocal(file) || filepath.Clean(file) == "." {
		s.fault(s.keys["file"], "%s: file is %q, want a path inside the folder", s.name, file)
		return
	}
	file = filepath.ToSlash(filepath.Clean(file))
	if slices.ContainsFunc(f.Lines, func(l Line) bool { return l.File == file && l.Text == text }) {
		return // another parameter of the same line
	}
	l, err := parseLine(file, text)
	if err != nil {
		s.fault(s.keys["file"], "%s: %v", s.name, err)
		return
	}
	if l.at = s.keys["file"].Line; s.has("line") {
		l.at = s.keys["line"].Line
	}
	f.Lines = append(f.Lines, l)
}

func (f *File) inLine(name string) bool {
	return slices.ContainsFunc(f.Lines, func(l Line) bool { return slices.Contains(l.Names, name) })
}

// checkLines holds the lines to the parameters: each name is one, and each stands where it is meant to.
func (f *File) checkLines(top section) {
	n := top.keys["parameters"]
	for _, l := range f.Lines {
		for _, name := range l.Names {
			if at := f.Space.Index(name); name != seedName && at < 0 {
				top.fault(n, "line %q of %s: there is no parameter {%s}", l.Text, l.File, name)
			} else if name != seedName && f.Ways[at] != (Way{}) {
				top.fault(n, "line %q of %s: parameter %s is given by flag or env already; take one out", l.Text, l.File, name)
			}
		}
	}
}

// readSeed reads how the seed is given, if it is.
func (f *File) readSeed(top section) {
	if !top.has("seed") {
		return
	}
	s := top.section(top.keys["seed"], "seed", "flag", "env", "file", "line")
	before := len(f.Lines)
	f.Seed = f.readWay(s, "seed = {"+seedName+"}")
	if f.Seed == (Way{}) && len(f.Lines) == before {
		s.fault(s.node, "seed is given to the program in no way; add flag: --seed, env: SEED, or file: and line:")
	}
}

// values are the texts of a point's values and of the seed, by name.
func (f *File) values(p mechanisms.Point, seed uint64) map[string]string {
	values := map[string]string{seedName: fmt.Sprint(seed)}
	for i, q := range f.Space.Params {
		values[q.Name] = q.Format(p[i])
	}
	return values
}

// invocation is the program with its arguments, and the variables to add to its environment.
func (f *File) invocation(values map[string]string) (args, env []string) {
	args, env = slices.Clone(f.Args), slices.Clone(f.Environment)
	give := func(w Way, value string) {
		switch {
		case strings.HasSuffix(w.Flag, "="):
			args = append(args, w.Flag+value)
		case w.Flag != "":
			args = append(args, w.Flag, value)
		case w.Variable != "":
			env = append(env, w.Variable+"="+value)
		}
	}
	for i, p := range f.Space.Params {
		give(f.Ways[i], values[p.Name])
	}
	give(f.Seed, values[seedName])
	return args, env
}
