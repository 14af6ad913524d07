package templates

// An Occasion is what level 2 tells the model before it asks for a new mechanism. The dialogue is one conversation: System,
// then Explore, Critique, Specify and Generate, each after the reply to the one before; then Repair as often as needed.
type Occasion struct {
	Search
	Guide     string // the contract for authors of mechanisms, whole
	Mechanism string // name of the mechanism in charge
	Source    string // its source, whole
	Influence string // what it decided and what its predecessor would have decided otherwise, in words
	Cycle     int    // counts from 1
	Left      int    // trials that the run has left
	Every     int    // trials between two cycles; 0 when there will be no other
	Tried     []Tried
	Ancestors []Ancestor // of earlier runs, the most promising first
}

// FewestLeft is the least number of trials left for which level 2 is asked. With fewer, a new mechanism could not show that it is
// better, and the dialogue, the gates and the build cost more than the trials.
const FewestLeft = 3

// Charge is the number of trials that a mechanism written now decides before another may replace it.
func (o Occasion) Charge() int {
	if o.Every == 0 || o.Left-o.Every < FewestLeft {
		return o.Left
	}
	return o.Every
}

// Tried is a mechanism that was written earlier in the run.
type Tried struct {
	Name      string
	Idea      string // one sentence
	State     string // in charge now, replaced, retired, quarantined, refused
	Why       string // of the state, may be empty
	Trials    int    // it decided
	Influence int    // decisions that its predecessor would have taken otherwise
	Change    string // of the incumbent's bits per byte by trials it proposed; negative is better
}

// An Ancestor is a mechanism of an earlier run whose source passes the gates.
type Ancestor struct {
	Name   string
	Idea   string // one sentence
	Record string // what it did in its runs and on synthetic surfaces, in words
	Source string // whole
}

// System says what level 2 is for, and the contract.
func (o Occasion) System() string { return render("research.system.tmpl", o) }

// Explore shows the search and asks for observations and ideas. The reply is an Exploration.
func (o Occasion) Explore() string { return render("explore.tmpl", o) }

// Critique asks for the best idea, or none. The reply is a Verdict.
func Critique() string { return render("critique.tmpl", nil) }

// Specify asks for a precise description of the chosen idea. The reply is a Spec.
func Specify(choice string) string { return render("specify.tmpl", choice) }

// Generate asks for the source. The reply holds one Go file in a code fence.
func Generate() string { return render("generate.tmpl", nil) }

// A Refusal is a source that did not pass a gate.
type Refusal struct {
	Gate     string // the step that refused it
	Findings string // what is wrong, one finding a line
	Left     int    // repairs left after this one
}

// Repair shows the findings and asks for the whole source again.
func Repair(r Refusal) string { return render("repair.tmpl", r) }
