package templates

// Steering is the question of level 1.5: what should proposals concentrate on from here?
type Steering struct {
	Search
	Every    int // trials between two questions of this kind
	Left     int // trials that the run has left
	MinFree  int // parameters that must stay free
	MaxBytes int // of guidance
}

// System says what the model may set and how it is to answer.
func (s Steering) System() string { return render("steer.system.tmpl", s) }

// User shows the search and asks.
func (s Steering) User() string { return render("steer.user.tmpl", s) }
