package report

import (
	"cmp"
	"slices"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
	"github.com/seed161a02ea/bilevel/harness/model"
)

// An Ending is one way in which trials ended, with what was said of them.
type Ending struct {
	Class  string // kept, discarded, or the status of trials without a value
	Trials []int  // by Seq
	Share  float64
	Words  []Words // reasons given, each once, the most frequent first
	Failed bool    // these have no value
}

// Words is a reason, and how many trials it was given of.
type Words struct {
	Text string
	N    int
}

// Endings counts the trials after the baseline by how they ended, the most frequent first.
func (r *Run) Endings() []Ending {
	var all []Ending
	at := map[string]int{}
	for _, t := range r.Trials[min(1, len(r.Trials)):] {
		c := class(t)
		i, ok := at[c]
		if !ok {
			i = len(all)
			at[c] = i
			all = append(all, Ending{Class: c, Failed: !t.OK()})
		}
		all[i].Trials = append(all[i].Trials, t.Seq)
		all[i].say(t.Reason)
	}
	for i := range all {
		all[i].Share = float64(len(all[i].Trials)) / float64(r.Finished())
		slices.SortStableFunc(all[i].Words, func(a, b Words) int { return b.N - a.N })
	}
	slices.SortStableFunc(all, func(a, b Ending) int {
		return cmp.Or(len(b.Trials)-len(a.Trials), cmp.Compare(a.Class, b.Class))
	})
	return all
}

func (e *Ending) say(reason string) {
	if reason == "" {
		return
	}
	for i := range e.Words {
		if e.Words[i].Text == reason {
			e.Words[i].N++
			return
		}
	}
	e.Words = append(e.Words, Words{Text: reason, N: 1})
}

// A Time is what the clock measured of one part of a run.
type Time struct {
	Level model.Level
	What  string
	Took  time.Duration
	Note  string // how it was measured, where that must be known to read it
}

// Times are the parts of the run's time that are on record, by level.
func (r *Run) Times() []Time {
	var training, proposing, deciding, invented time.Duration
	trained := 0
	for _, d := range r.Details {
		proposing += time.Duration(d.ProposeNS)
		deciding += time.Duration(d.AcceptNS + d.ObserveNS)
		if d.Outcome != nil && !d.Memo {
			trained++
			training += time.Duration(d.Outcome.Result.Seconds * float64(time.Second))
		}
	}
	for _, m := range r.Mechanisms {
		for _, s := range r.steps[m.Name] {
			invented += s.Took
		}
	}
	return []Time{
		{model.Level1, "training", training, plural(trained, "trial") + " trained; those known from an earlier run took none"},
		{model.Level1, "proposals", proposing, "in the mechanism, the model's answers included"},
		{model.Level1, "verdicts and learning", deciding, "in the mechanism"},
		{model.Level15, "acts", r.acts.took, r.acts.how("act")},
		{model.Level2, "passages", r.made.took, r.made.how("passage")},
		{model.Level2, "of these, steps on record", invented, "of the mechanisms that passed the gates"},
		{model.Level1, "saved by stopping trials early", time.Duration(r.Saved.Seconds * float64(time.Second)), "at most: what whole trials took on average, for the share that was not trained"},
		{"", "from the first event on record to the last", r.span, "pauses of the run included"},
	}
}

// Beside is what was trained beside the trials, and what of them was not, a topic and a sentence each. What the clock
// measured of it stands with the times.
func (r *Run) Beside() [][2]string {
	saved, noise := r.Saved, r.Noise
	saved.Seconds = 0
	noise.Speed = (evolve.Noise{}).Speed
	var words [][2]string
	if text := saved.Words(); text != "" {
		words = append(words, [2]string{"saved", text})
	}
	return append(words, noise.Words(r.Measure())...)
}

// Speed says whether the machine became faster or slower; empty where nothing shows it.
func (r *Run) Speed() string {
	for _, words := range r.Noise.Words(r.Measure()) {
		if words[0] == "speed" {
			return words[1]
		}
	}
	return ""
}
