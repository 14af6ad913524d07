package templates

// Drawing is the question at the end of a run: what has it shown that later runs should know?
type Drawing struct {
	Search
	Drawn    []string // lessons that were drawn by rule, in words
	Most     int      // lessons wanted at most
	MaxBytes int      // of the words of a lesson
	Beyond   string   // the difference of two trials that a claim must exceed, in the unit of the value
}

// System says what a lesson is and what it must rest on.
func (d Drawing) System() string { return render("lessons.system.tmpl", d) }

// User shows the run and asks.
func (d Drawing) User() string { return render("lessons.user.tmpl", d) }
