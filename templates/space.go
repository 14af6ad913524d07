package templates

import "slices"

// A Param is a hyperparameter as the prompts show it.
type Param struct {
	Name    string
	Values  string // its range in words
	Now     string // the incumbent's value
	End     string // "lowest" or "highest" where the incumbent stands at that end of the range
	Default string
	Scale   string // "ratio" where effects follow ratios, "linear", or "labels"
	Doc     string // meaning and unit, may be empty
	Frozen  bool
}

// A Search is what every prompt tells of the search: what is trained, what may be changed, and what was seen so far.
type Search struct {
	Task        string   // what is trained and what the value means, in words
	Params      []Param  // in the order of the space
	Constraints []string // in words
	Incumbent   int      // trial number of the incumbent
	BPB         string   // its value, with its own sign
	Again       string   // how often the incumbent was trained, and the mean; empty when it was trained once
	Value       string   // what the value is called; empty for validation bits per byte
	Higher      bool     // higher is better; in code the value is then negated
	Noise       string   // standard deviation between repeats of one point, in bits per byte; empty when trials are deterministic
	Trace       string   // every trial with all its values, as a table
	Cleared     int      // number of the first trial after the history was cleared; 0 when it never was
	Pending     []string // changes being trained now
	Lessons     []string // from earlier runs
	Strategy    string   // explore, exploit, balanced; empty when not set
	Guidance    string   // set by level 1.5; empty when not set
	Since       int      // number of the first trial that this steering applied to; 0 when nothing was set yet
	Person      string   // advice of a person who watches the run; empty when there is none
	PersonSince int      // number of the first trial that this advice applied to
}

// Measured names the value in full.
func (s Search) Measured() string {
	if s.Value == "" {
		return "validation bits per byte"
	}
	return s.Value
}

// Unit names the value where it is a difference.
func (s Search) Unit() string {
	if s.Value == "" {
		return "bits per byte"
	}
	return s.Value
}

// Better says which way is better: "lower" or "higher".
func (s Search) Better() string {
	if s.Higher {
		return "higher"
	}
	return "lower"
}

// Best is what the search is for: the "lowest" or the "highest".
func (s Search) Best() string {
	if s.Higher {
		return "highest"
	}
	return "lowest"
}

// Gain says which sign of a change is better: "negative" or "positive".
func (s Search) Gain() string {
	if s.Higher {
		return "positive"
	}
	return "negative"
}

// Frozen returns the names of the parameters that keep the incumbent's value.
func (s Search) Frozen() []string {
	var names []string
	for _, p := range s.Params {
		if p.Frozen {
			names = append(names, p.Name)
		}
	}
	return names
}

// AtEnd reports whether the incumbent stands at an end of some parameter's range.
func (s Search) AtEnd() bool {
	return slices.ContainsFunc(s.Params, func(p Param) bool { return p.End != "" })
}
