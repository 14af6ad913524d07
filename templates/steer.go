package templates

// Steering is the question of level 1.5: what should proposals concentrate on from here?
type Steering struct {
	Search
	Mechanism string // in charge; empty when it is not known
	Idea      string // of that mechanism, in one sentence; may be empty
	Lately    int    // trials finished since the last steering, or since the baseline
	Asked     int    // those of them that the language model proposed
	Every     int    // trials between two questions of this kind
	Left      int    // trials that the run has left
	MinFree   int    // parameters that must stay free
	MaxBytes  int    // of guidance
}

// Next is the number of trials that the steering will be in force for.
func (s Steering) Next() int { return min(s.Every, s.Left) }

// Alone is the number of those trials that the mechanism proposed without the model.
func (s Steering) Alone() int { return s.Lately - s.Asked }

// System says what the model may set and how it is to answer.
func (s Steering) System() string { return render("steer.system.tmpl", s) }

// User shows the search and asks.
func (s Steering) User() string { return render("steer.user.tmpl", s) }
