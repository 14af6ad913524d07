package mechtest

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func panics(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.panic != "" {
			faults = append(faults, fmt.Sprintf("%s of trial %d %s, with state %s; return an error from Propose where it cannot go on, and check lengths, indices and nil before use (a trial without a value may have an empty or malformed Point)", mo.call, mo.seq, mo.panic, clip(mo.before)))
		}
	}
	return faults
}

func errs(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.err != nil && !errors.Is(mo.err, errMute) {
			faults = append(faults, fmt.Sprintf("Propose of trial %d returned the error %q where a free parameter and a model that answers were there; propose a point (one that was tried, if no other is left), and wrap an error of Ask with %%w", mo.seq, mo.err))
		}
	}
	return faults
}

func inside(rec *record) (faults []string) {
	for mo := range proposals(rec) {
		if err := mo.view.Space.Check(mo.proposal.Point); err != nil {
			faults = append(faults, fmt.Sprintf("Propose of trial %d returned the point %v: %v; check with v.Allows before returning, and use Param.Clip for ranges", mo.seq, []float64(mo.proposal.Point), err))
		}
	}
	return faults
}

func frozen(rec *record) (faults []string) {
	for mo := range proposals(rec) {
		if mo.view.Space.Check(mo.proposal.Point) == nil {
			if err := mo.view.Allows(mo.proposal.Point); err != nil {
				faults = append(faults, fmt.Sprintf("Propose of trial %d: %v; change only the parameters in v.Free(), and give the others v.Incumbent.Point's values", mo.seq, err))
			}
		}
	}
	return faults
}

func pure(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.call == "Observe" {
			continue
		}
		if !bytes.Equal(mo.before, mo.after) {
			faults = append(faults, fmt.Sprintf("%s of trial %d changed the state from %s to %s; only Observe may change the mechanism", mo.call, mo.seq, clip(mo.before), clip(mo.after)))
		}
		if mo.changed != "" {
			faults = append(faults, fmt.Sprintf("%s of trial %d changed what the view points to: %s; clone a slice (Point.Clone, Point.With, slices.Clone) before writing or sorting it", mo.call, mo.seq, mo.changed))
		}
	}
	return faults
}

func untouched(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.call == "Observe" && mo.changed != "" {
			faults = append(faults, fmt.Sprintf("Observe of trial %d changed the trial it was told: %s; clone t.Point before writing to it", mo.seq, mo.changed))
		}
	}
	return faults
}

func repeatable(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.call != "Observe" && mo.panic == "" && mo.again != mo.answer {
			faults = append(faults, fmt.Sprintf("%s of trial %d answered %s, and asked again with the same view and the same random stream %s; use only v.Rand for chance, sort what comes out of a map, and keep nothing between calls", mo.call, mo.seq, mo.answer, mo.again))
		}
	}
	return faults
}

// repeats counts the mechanism's own proposals; those of the model are the model's affair. Half of them may be repeats, since measuring a
// point again can have a reason, but not while it is being measured; and nothing is asked where no point was left.
func repeats(rec *record) []string {
	own, again, running, last := 0, 0, 0, &moment{}
	for mo := range proposals(rec) {
		if mo.proposal.By != "" || mo.view.Space.Check(mo.proposal.Point) != nil || exhausted(mo.view) {
			continue // the model's, or no point at all, or there was nothing else
		}
		own++
		if mo.view.Tried(mo.proposal.Point) {
			again, last = again+1, mo
		}
		if slices.ContainsFunc(mo.view.Pending, func(p mechanisms.Proposal) bool { return p.Point.Equal(mo.proposal.Point) }) {
			running++
		}
	}
	if again < 2 || 2*again <= own && running < 2 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d points that the mechanism chose itself had been tried or were being trained (the last at trial %d: %s), though others were left; test with v.Tried, or draw with v.Fresh", again, own, last.seq, last.view.Space.Diff(last.view.Incumbent.Point, last.proposal.Point))}
}

// exhausted reports whether fewer than three changes of one parameter are left that were not tried.
func exhausted(v mechanisms.View) bool {
	left := 0
	for _, i := range v.Free() {
		q := v.Space.Params[i]
		for k := range max(q.Levels(), 16) {
			value := q.FromUnit01(float64(k) / 15)
			if q.Kind != mechanisms.Float && k < q.Levels() {
				value = q.Level(k)
			}
			if p := v.Incumbent.Point.With(i, value); v.Allows(p) == nil && !v.Tried(p) {
				left++
			}
		}
	}
	return left < 3
}

func accepts(rec *record) (faults []string) {
	_, uphill := rec.entry.New().(mechanisms.Uphill)
	last := moment{}
	for _, mo := range rec.moments {
		if mo.call != "Accept" || mo.panic != "" {
			continue
		}
		last = mo
		if mo.answer == "true" && !mo.trial.Better(mo.view.Incumbent) && !uphill {
			faults = append(faults, fmt.Sprintf("Accept took trial %d with %.6f bits per byte for an incumbent with %.6f; lower is better, so return t.Better(v.Incumbent), or, if it is on purpose, add a method Uphill() string that says why", mo.seq, mo.trial.BPB, mo.view.Incumbent.BPB))
		}
	}
	if last.call == "" || rec.stopped() {
		return faults
	}
	probe := last // a trial with half the bits per byte of anything seen
	probe.trial = copyTrial(probe.trial)
	probe.trial.BPB = 0.5 * math.Min(last.view.Incumbent.BPB, last.view.Best().BPB)
	m, err := load(rec.entry, last.before)
	if err != nil {
		return faults // faithful reports it
	}
	if got, panicked := probe.ask(m); got != "true" && panicked == "" {
		faults = append(faults, fmt.Sprintf("Accept refused a trial with %.4f bits per byte for an incumbent with %.4f; a large improvement must become the incumbent", probe.trial.BPB, probe.view.Incumbent.BPB))
	}
	return faults
}

func asks(rec *record) (faults []string) {
	const most = 8
	for mo := range proposals(rec) {
		if n := len(mo.hints); n > most {
			faults = append(faults, fmt.Sprintf("Propose of trial %d asked the model %d times, want at most %d: each ask is a paid call of seconds", mo.seq, n, most))
		}
	}
	return faults
}

// admits looks at the proposals of decisions that asked the model in vain: whoever reads the trials must see that the point is
// a makeshift, so Why says it in words that can be looked for.
func admits(rec *record) (faults []string) {
	const words = "no answer"
	for mo := range proposals(rec) {
		if len(mo.hints) > 0 && mo.answered == 0 && !strings.Contains(strings.ToLower(mo.proposal.Why), words) {
			faults = append(faults, fmt.Sprintf("Propose of trial %d asked the model, got an error, and proposed a point of its own as if nothing had happened, with the Why %q; return the error of v.Ask, or begin Why with \"the model gave %s; \"", mo.seq, clip([]byte(mo.proposal.Why)), words))
		}
	}
	return faults
}

// hints looks at every hint; one that a model cannot follow costs a trial.
func hints(rec *record) (faults []string) {
	const most = 500 // bytes of text
	for _, mo := range rec.moments {
		for _, h := range mo.hints {
			fault := ""
			switch open := slices.DeleteFunc(slices.Clone(h.Params), func(n string) bool { return slices.Contains(mo.view.Steer.Frozen, n) }); {
			case len(h.Text) > most:
				fault = fmt.Sprintf("Text of %d bytes, want at most %d", len(h.Text), most)
			case slices.ContainsFunc(h.Params, func(n string) bool { return mo.view.Space.Index(n) < 0 }):
				fault = fmt.Sprintf("Params %q, want names of the space: %q", h.Params, mo.view.Space.Names())
			case len(h.Params) > 0 && len(open) == 0:
				fault = fmt.Sprintf("Params %q, which are all frozen; name parameters in v.Free(), or none", h.Params)
			case h.Direction < -1 || h.Direction > 1:
				fault = fmt.Sprintf("Direction %d, want -1, 0 or +1", h.Direction)
			case h.From != nil && mo.view.Space.Inside(h.From) != nil:
				fault = fmt.Sprintf("From %v: %v", []float64(h.From), mo.view.Space.Inside(h.From))
			}
			if fault != "" {
				faults = append(faults, fmt.Sprintf("Propose of trial %d gave the model a hint with %s", mo.seq, fault))
			}
		}
	}
	return faults
}

// prunes asks, at every moment a curve was shown, about a curve at half the best one: it must be let run. So must a first sample with no curve to compare.
func prunes(rec *record) (faults []string) {
	for _, mo := range rec.moments {
		if mo.call != "Prune" || mo.panic != "" {
			continue
		}
		m, err := load(rec.entry, mo.before)
		if err != nil {
			continue // faithful reports it
		}
		lead := mo
		lead.trial = copyTrial(mo.trial)
		for i := range lead.trial.Curve {
			lead.trial.Curve[i].BPB = 0.4 * mo.view.Incumbent.BPB
		}
		if got, panicked := lead.ask(m); got == "true" || panicked != "" {
			faults = append(faults, fmt.Sprintf("Prune of trial %d, shown a curve at 0.4 times the incumbent's bits per byte: %s %s, want false; stop only what is clearly behind other trials at the same share of the budget", mo.seq, got, panicked))
		}
		lead.trial.Curve = nil
		if got, panicked := lead.ask(m); got == "true" || panicked != "" {
			faults = append(faults, fmt.Sprintf("Prune of trial %d, shown an empty curve: %s %s, want false", mo.seq, got, panicked))
		}
	}
	return faults
}

// proposals are the moments at which Propose answered with a point.
func proposals(rec *record) iter.Seq[*moment] {
	return func(yield func(*moment) bool) {
		for i := range rec.moments {
			if mo := &rec.moments[i]; mo.call == "Propose" && mo.panic == "" && mo.err == nil && !yield(mo) {
				return
			}
		}
	}
}
