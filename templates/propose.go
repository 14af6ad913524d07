package templates

// Proposing is the question of level 1: which point next?
type Proposing struct {
	Search
	Left int // trials that the run has left, this one included
	Hint Hint
}

// A Hint narrows one proposal.
type Hint struct {
	Text   string   // the mechanism's advice
	Params []string // change only these, none of which is frozen; empty means any that is not frozen
	Only   string   // "raise" or "lower"; empty means either
	From   string   // how the point to change differs from the incumbent; empty when it is the incumbent
}

// Binds reports whether the hint forbids points that would be allowed without it: then the model may decline.
func (h Hint) Binds() bool { return len(h.Params) > 0 || h.Only != "" }

// System says what the model is to do and how it is to answer.
func (p Proposing) System() string { return render("propose.system.tmpl", p) }

// User shows the search and asks.
func (p Proposing) User() string { return render("propose.user.tmpl", p) }

// Mend answers a reply that cannot be used with the reason, and asks again.
func Mend(reason string) string { return render("mend.tmpl", reason) }
