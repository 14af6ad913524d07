package standin

import (
	"hash/fnv"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// The habits of Rut, as chances: language models that propose hyperparameters were counted to stay on a parameter, keep a
// direction, and come back to what was just discarded. The counts behind these figures are coarse; so is the imitation.
const (
	stay      = 0.65 // change the same parameter again
	sameWay   = 0.88 // and in the same direction
	prejudice = 0.85 // change a parameter in the direction the proposer believes in, right or wrong
)

// Rut is a Suggest with the habits that mechanisms exist to correct: it stays on a parameter, prefers one direction of each,
// and the longer nothing was kept the more often it proposes again what was discarded. Hints are obeyed. Like Suggest it
// is no language model; it depends only on seed, v, the hint and the number of the call.
func Rut(v mechanisms.View, seed uint64) mechanisms.Suggest {
	return answers(v, seed, "rut", func(drawn mechanisms.View, h mechanisms.Hint) (mechanisms.Proposal, error) {
		if len(h.Params) == 0 && h.Direction == 0 && h.From == nil {
			if p, ok := again(drawn); ok {
				return proposal(v, p), nil
			}
		}
		return habit(drawn, h)
	})
}

// again returns a discarded point of the last ten trials, with a chance that grows with the trials since the last kept one.
func again(v mechanisms.View) (mechanisms.Point, bool) {
	var discarded []mechanisms.Point
	since := 0
	for k := len(v.Trials) - 1; k > 0 && !v.Trials[k].Kept; k-- {
		if since++; since <= 10 && v.Trials[k].OK() && v.Allows(v.Trials[k].Point) == nil {
			discarded = append(discarded, v.Trials[k].Point)
		}
	}
	chance := 0.95
	switch {
	case since <= 2:
		chance = 0.1
	case since <= 5:
		chance = 0.4
	case since <= 9:
		chance = 0.75
	}
	if len(discarded) == 0 || v.Rand.Float64() >= chance {
		return nil, false
	}
	return discarded[v.Rand.IntN(len(discarded))].Clone(), true
}

// habit draws a change of one parameter: often the last one, mostly the same way.
func habit(v mechanisms.View, h mechanisms.Hint) (mechanisms.Proposal, error) {
	base, open, err := narrow(v, h)
	if err != nil {
		return mechanisms.Proposal{}, err
	}
	last, way := lastMove(v)
	for range 30 {
		i := open[v.Rand.IntN(len(open))]
		q := v.Space.Params[i]
		dir := believes(q.Name)
		if v.Rand.Float64() >= prejudice {
			dir = -dir
		}
		for _, j := range open {
			if j == last && v.Rand.Float64() < stay {
				i, q = j, v.Space.Params[j]
				if way != 0 && v.Rand.Float64() < sameWay {
					dir = way
				}
			}
		}
		if h.Direction != 0 {
			dir = h.Direction
		}
		p := base.With(i, q.Move(base[i], dir, 0.1*[]float64{0.5, 1, 1, 1.5}[v.Rand.IntN(4)]))
		if q.Kind == mechanisms.Choice {
			p = v.Nudge(base, i, 0)
		}
		if p[i] != base[i] && v.Allows(p) == nil && !v.Tried(p) {
			return proposal(v, p), nil
		}
	}
	return answer(v, h) // the habits lead nowhere new
}

// lastMove returns the parameter that the proposer's last trial changed, alone, and in which direction; -1 for none.
func lastMove(v mechanisms.View) (param, dir int) {
	before := mechanisms.Incumbents(v.Trials)
	for k := len(v.Trials) - 1; k > 0; k-- {
		changed := v.Space.Changed(before[k].Point, v.Trials[k].Point)
		if v.Trials[k].By == By && len(changed) == 1 {
			i := changed[0]
			return i, v.Space.Params[i].Direction(before[k].Point[i], v.Trials[k].Point[i])
		}
	}
	return -1, 0
}

// believes is the direction in which the proposer thinks a parameter should go: a fixed opinion by its name.
func believes(name string) int {
	h := fnv.New32a()
	h.Write([]byte("belief " + name))
	return 2*int(h.Sum32()>>7&1) - 1
}
