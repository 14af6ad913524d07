package review

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/gen"
	"github.com/seed161a02ea/bilevel/gen/provenance"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// The files of a kept mechanism's folder.
const (
	sourceFile     = "mechanism.go"
	provenanceFile = "provenance.json"
	specFile       = "spec.txt"
	dialogueFile   = "dialogue.json"
	viewFile       = "view.json"
	parentFile     = "parent.go.txt" // not a Go file to the go command
	pageFile       = "review.md"
)

// version of provenance.json; raised when a key changes its meaning.
const version = 1

// A record is provenance.json: all that is known of a kept mechanism and is not a text of its own.
type record struct {
	Version    int                  `json:"version"`
	Name       string               `json:"name"`
	Hash       string               `json:"hash"` // sha256 of mechanism.go in hex
	Idea       string               `json:"idea"`
	Parent     string               `json:"parent,omitempty"`
	ParentHash string               `json:"parent_hash,omitempty"` // empty when it is written by hand
	Origin     *Origin              `json:"origin,omitempty"`
	Service    *Service             `json:"service,omitempty"`
	Refused    []provenance.Refused `json:"refused,omitempty"` // before it, in the same dialogue

	// What the review found.
	Gates    []string  `json:"gates"` // passed, in order
	Verdict  Word      `json:"verdict"`
	Reasons  []string  `json:"reasons"`
	Searches int       `json:"searches"` // for each figure
	Figures  []figures `json:"figures"`
}

type figures struct {
	Mechanism string             `json:"mechanism"`
	Families  map[string]regrets `json:"families"`
}

type regrets struct {
	Regret30 float64 `json:"regret30"`
	Error    float64 `json:"error"` // standard error of Regret30
}

// Folder returns the files of the mechanism's folder, by name. The mechanism must have passed the gates.
func (r Review) Folder() (map[string][]byte, error) {
	s := r.Subject
	files, err := glue(s.Name, r.Report)
	if err != nil {
		return nil, err
	}
	p := record{
		Version: version, Name: s.Name, Hash: r.Report.Hash, Idea: s.Idea, Parent: s.Parent.Name, Origin: s.Origin, Service: s.Service, Refused: s.Refused,
		Verdict: r.Verdict.Word, Reasons: r.Verdict.Reasons, Searches: r.Searches,
	}
	for _, step := range r.Report.Steps {
		if step.OK {
			p.Gates = append(p.Gates, step.Name)
		}
	}
	for _, row := range r.Rows {
		f := figures{row.Name, map[string]regrets{}}
		for k, g := range row.Figures {
			f.Families[surfaces.Families[k].Name] = regrets{g.Regret30, g.Error()}
		}
		p.Figures = append(p.Figures, f)
	}
	files[sourceFile], files[pageFile] = []byte(s.Source), r.Page()
	if s.Spec != "" {
		files[specFile] = []byte(s.Spec)
	}
	if s.Parent.Source != "" {
		p.ParentHash = hash(s.Parent.Source)
		files[parentFile] = []byte(s.Parent.Source)
	}
	for name, value := range map[string]any{provenanceFile: p, dialogueFile: s.Dialogue, viewFile: s.View} {
		if name == dialogueFile && len(s.Dialogue) == 0 {
			continue
		}
		j, err := json.MarshalIndent(value, "", "  ")
		if err != nil {
			return nil, fmt.Errorf("folder of %s: %s: %w", s.Name, name, err)
		}
		files[name] = append(j, '\n')
	}
	return files, nil
}

// glue writes the generated files of a folder.
func glue(name string, report gen.Report) (map[string][]byte, error) {
	m := wrap.Mechanism{Name: name, Doc: report.Doc, Source: []byte("package " + report.Package), Hash: report.Hash, Package: report.Package, Type: report.Type}
	entry, err := wrap.Entry(m)
	if err != nil {
		return nil, err
	}
	test, err := wrap.EntryTest(m)
	if err != nil {
		return nil, err
	}
	return map[string][]byte{"zz_entry.go": entry, "zz_entry_test.go": test}, nil
}

// Open reads the files of a kept mechanism's folder, by name, as a subject. Folder is the name of the folder itself. What is not as Folder writes it is among the
// subject's faults; an error means that there is nothing to review.
func Open(folder string, files map[string][]byte) (Subject, error) {
	var p record
	if err := json.Unmarshal(files[provenanceFile], &p); err != nil {
		return Subject{}, fmt.Errorf("open kept mechanism: %s: %w; want a folder made by bilevel mechanism propose", provenanceFile, err)
	}
	if p.Version != version {
		return Subject{}, fmt.Errorf("open kept mechanism %s: %s has version %d, want %d; another version of bilevel wrote it", p.Name, provenanceFile, p.Version, version)
	}
	s := Subject{
		Name: p.Name, Source: string(files[sourceFile]), Idea: p.Idea, Spec: string(files[specFile]), Dialogue: json.RawMessage(files[dialogueFile]),
		Parent: Parent{Name: p.Parent, Source: string(files[parentFile])}, Origin: p.Origin, Service: p.Service, Refused: p.Refused, glue: map[string][]byte{},
	}
	if err := json.Unmarshal(files[viewFile], &s.View); err != nil {
		return Subject{}, fmt.Errorf("open kept mechanism %s: %s: %w", p.Name, viewFile, err)
	}
	known := []string{sourceFile, provenanceFile, specFile, dialogueFile, viewFile, parentFile, pageFile}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		if strings.HasPrefix(name, "zz_") {
			s.glue[name] = files[name]
		} else if !slices.Contains(known, name) {
			s.Faults = append(s.Faults, fmt.Sprintf("it holds %q, which is none of its files", name))
		}
	}
	if p.Name != folder {
		s.Faults = append(s.Faults, fmt.Sprintf("it is named %q, and %s says %q", folder, provenanceFile, p.Name))
	}
	if s.Hash() != p.Hash {
		s.Faults = append(s.Faults, fmt.Sprintf("%s has hash %.12s, and %s says %.12s", sourceFile, s.Hash(), provenanceFile, p.Hash))
	}
	if s.Parent.Source != "" && hash(s.Parent.Source) != p.ParentHash {
		s.Faults = append(s.Faults, fmt.Sprintf("%s has hash %.12s, and %s says %.12s", parentFile, hash(s.Parent.Source), provenanceFile, p.ParentHash))
	}
	return s, nil
}

// checkGlue finds generated files of the subject's folder that are not what this program generates: they are compiled and
// run by go test as they are.
func (r *Review) checkGlue() error {
	if r.Subject.glue == nil || r.Report.Type == "" {
		return nil
	}
	want, err := glue(r.Subject.Name, r.Report)
	if err != nil {
		return err
	}
	if r.Report.Name != r.Subject.Name {
		r.Subject.Faults = append(r.Subject.Faults, fmt.Sprintf("its name is %q, and that of this source is %q", r.Subject.Name, r.Report.Name))
	}
	names := maps.Clone(want)
	maps.Copy(names, r.Subject.glue)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		switch found, there := r.Subject.glue[name]; {
		case want[name] == nil:
			r.Subject.Faults = append(r.Subject.Faults, fmt.Sprintf("it holds %q, which is none of its files", name))
		case !there:
			r.Subject.Faults = append(r.Subject.Faults, name+" is missing")
		case !bytes.Equal(found, want[name]):
			r.Subject.Faults = append(r.Subject.Faults, name+" is not what is generated for this source")
		}
	}
	return nil
}
