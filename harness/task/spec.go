package task

import "encoding/json"

// A Spec says which task is searched, completely enough that another process makes the same one. Its JSON is recorded with
// a run and sent to trainers.
type Spec struct {
	Kind string `json:"kind"`           // "gpt", "surface" or "command"
	Size string `json:"size,omitempty"` // of a gpt: a name of Sizes

	Text       []string `json:"text,omitempty"`     // files and folders to train on; none means the Go standard library's source
	Prepared   string   `json:"prepared,omitempty"` // folder of text that was prepared before, in place of Text
	Budget     string   `json:"budget,omitempty"`   // of a trial, as ParseBudget reads it; empty means the size's
	DataSeed   uint64   `json:"data_seed,omitempty"`
	EvalTokens int      `json:"eval_tokens,omitempty"` // of validation text; 0 means the size's
	Locked     []string `json:"locked,omitempty"`      // parameters of a gpt that keep their defaults and are not searched
	Device     string   `json:"device,omitempty"`      // "cpu", also when empty; "cuda", "cuda:1" or "auto"

	Surface     string `json:"surface,omitempty"`      // of a surface: its name
	SurfaceSeed uint64 `json:"surface_seed,omitempty"` // which of the surfaces of that name

	// File is the text of the task file of a command and FileHash its SHA-256: a run is continued with the recorded text, whatever
	// became of the file. Folder is the absolute path of the folder that is copied for every trial, and Sources the hash of its
	// content; set, it refuses any other. See Prepared.
	File     string `json:"file,omitempty"`
	FileHash string `json:"file_hash,omitempty"`
	Folder   string `json:"folder,omitempty"`
	Sources  string `json:"sources,omitempty"`

	// Stream is the hash of the prepared text; set, it refuses any other. See Prepared.
	Stream string `json:"stream,omitempty"`

	// Threads and Corpus say how, not what: results do not depend on them.
	Threads int    `json:"threads,omitempty"` // of one trial; 0 means one for each core
	Corpus  string `json:"corpus,omitempty"`  // folder of the prepared text, when the parent process prepared it
}

// Same reports whether two specs make tasks with equal results, as far as they tell: one of them may be without the hash of
// the text or of the folder.
func (s Spec) Same(t Spec) bool {
	if s.Stream == "" || t.Stream == "" {
		s.Stream, t.Stream = "", ""
	}
	if s.Sources == "" || t.Sources == "" {
		s.Sources, t.Sources = "", ""
	}
	return s.String() == t.String()
}

// String is the spec as JSON, without what results do not depend on.
func (s Spec) String() string {
	s.Threads, s.Corpus = 0, ""
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(b)
}
