package memory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// verdicts are what a claim may say, in the words of the prompt.
var verdicts = map[string]verdict{"helped": helped, "hurt": hurt, "nothing": nothing}

// word is a verdict in the words of the prompt.
func (v verdict) word() string {
	for word, x := range verdicts {
		if x == v {
			return word
		}
	}
	return "unknown"
}

// Check holds a lesson that a model wrote against the record of the run, and returns it as a statement to remember: with the
// effect that its trials had, not one that the model says. The error says why it is refused: a trial that does not exist,
// did not change the parameter that way, or did not do what is claimed by more than chance; or that the other trials of the
// run say more against it than these for it.
func Check(r Run, c templates.Lesson) (Statement, error) {
	s := Statement{Kind: ByModel, Text: strings.Join(strings.Fields(c.Text), " "), Param: c.Param, Scope: r.Scope, Run: r.ID}
	i := r.Space.Index(c.Param)
	claim, known := verdicts[c.Claim]
	switch {
	case i < 0:
		return s, fmt.Errorf("there is no parameter %q", c.Param)
	case !known:
		return s, fmt.Errorf("it claims %q, want helped, hurt or nothing", c.Claim)
	case len(c.Trials) == 0:
		return s, errors.New("it names no trial that shows it")
	case c.Direction != 0 && r.Space.Params[i].Kind == mechanisms.Choice:
		return s, fmt.Errorf("%s has labels, which go neither up nor down", c.Param)
	}
	moves := movesOf(r.Space, r.Trials, r.Beyond())[i]
	sum, weight := 0.0, 0.0
	for _, seq := range slices.Compact(slices.Sorted(slices.Values(c.Trials))) {
		v, err := r.shows(i, moves, seq, c.Direction, claim)
		if err != nil {
			return s, err
		}
		s.Trials = append(s.Trials, seq)
		sum, weight = sum+v.change*v.weight, weight+v.weight
	}
	if against := opposed(r.Space.Params[i], moves, c.Direction, claim); against > weight {
		return s, fmt.Errorf("other trials of %s say more against it (weight %.2f) than these for it (%.2f)", c.Param, against, weight)
	}
	s.Effect = sum / weight
	if claim == helped {
		s.Direction = c.Direction
	}
	return s, s.check()
}

// shows returns the move of trial seq, or why it does not show what is claimed.
func (r Run) shows(param int, moves []move, seq, direction int, claim verdict) (move, error) {
	name := r.Space.Params[param].Name
	at := slices.IndexFunc(moves, func(v move) bool { return v.seq == seq })
	switch {
	case !slices.ContainsFunc(r.Trials, func(t mechanisms.Trial) bool { return t.Seq == seq }):
		return move{}, fmt.Errorf("trial %d does not exist", seq)
	case seq == 0:
		return move{}, errors.New("trial 0 is the baseline, which changes nothing")
	case at < 0:
		return move{}, fmt.Errorf("trial %d did not change %s, or failed for another reason than its point", seq, name)
	}
	v := moves[at]
	if way := r.Space.Params[param].Direction(v.from, v.to); direction != 0 && way != direction {
		return v, fmt.Errorf("trial %d changed %s the other way, from %s to %s", seq, name, r.Space.Params[param].Format(v.from), r.Space.Params[param].Format(v.to))
	}
	if v.verdict != claim {
		return v, fmt.Errorf("trial %d changed %s and %s, not %q: %+.4f bits per byte for each of its %.0f independent changes, where up to %.4f may be chance",
			seq, name, showed[v.verdict], claim.word(), v.change, 1/v.weight, r.Beyond())
	}
	return v, nil
}

// showed says a verdict of one trial.
var showed = map[verdict]string{helped: "helped", hurt: "hurt", nothing: "made no difference beyond chance", unclear: "too much else to tell"}

// opposed is the weight of the moves the same way that did the contrary of what is claimed.
func opposed(p mechanisms.Param, moves []move, direction int, claim verdict) float64 {
	against := 0.0
	for _, v := range moves {
		same := direction == 0 || p.Direction(v.from, v.to) == direction
		contrary := claim == helped && v.verdict == hurt || claim == hurt && v.verdict == helped || claim == nothing && (v.verdict == helped || v.verdict == hurt)
		// A parameter with labels helps by one and hurts by another; that is no contradiction.
		if same && contrary && (p.Kind != mechanisms.Choice || claim == nothing) {
			against += v.weight
		}
	}
	return against
}
