package gen

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Replay is what was found where outcomes are known beforehand, before any training is spent.
type Replay struct {
	Fingerprint string        `json:"fingerprint"`          // of its decisions in the conformance kit; mechtest.Fingerprint
	Surfaces    []Tally       `json:"surfaces"`             // decisions beside the mechanism in charge, by family
	Harm        surfaces.Harm `json:"harm"`                 // on the family where the default is the optimum
	Uncompared  []string      `json:"uncompared,omitempty"` // earlier mechanisms that do not pass the gates any more
}

// A Tally counts decisions that two mechanisms were asked for.
type Tally struct {
	Family    string `json:"family"`
	Decisions int    `json:"decisions"` // asked of both
	Differs   int    `json:"differs"`   // where they decided otherwise
}

// A replayOrder is what the runner's verb replay reads, and replayed what it answers.
type replayOrder struct {
	View     wire.View  `json:"view"`
	Surfaces []instance `json:"surfaces"`
	Null     string     `json:"null"`
	Seeds    []uint64   `json:"seeds"`
}

type instance struct {
	Family string `json:"family"`
	Seed   uint64 `json:"seed"`
}

type replayed struct {
	Trace    Rehearsal   `json:"trace"`
	Surfaces []Rehearsal `json:"surfaces"`
	Loss     []float64   `json:"loss"`
	Beside   []float64   `json:"beside"`
	Error    string      `json:"error"`
}

// The rules of a mechanism that would change nothing.
const (
	ruleDuplicate = "duplicate" // it decides as a known one everywhere: in the conformance kit, and, if that one is in charge, where it was asked too
	ruleInert     = "inert"     // it decides as the one in charge where it was asked
)

// replay compares the mechanism with every known one, and has the binary decide on the recorded trace and on synthetic
// surfaces, twice: it must say the same to the byte, decide something otherwise than the one in charge, and do no harm
// where there is nothing to find. These are three questions, because only the first depends on the run.
func (w *work) replay(ctx context.Context) (string, []vet.Finding, error) {
	like, uncompared, err := w.alike(ctx)
	if err != nil {
		return "", nil, err
	}
	switch {
	case w.placebo && like == nil:
		return "", w.refuse("placebo", "in the conformance kit the placebo decided otherwise than every known mechanism, %s among them", w.shadow.Name), nil
	case like != nil && !w.placebo && like.name != w.shadow.Name: // beside the one in charge it is asked more
		return "", w.refuse(ruleDuplicate, "in every search of the conformance kit the mechanism decided exactly as %s, %s: it is the same search under another name (nobody reads the Text of its hints there). Change what Propose, Accept or Prune decide, so that a rule of its own applies within the first ten trials of a search", like.name, like.who), nil
	}
	trace, over, null, err := w.orders()
	if err != nil {
		return "", nil, err
	}
	var r, on, lost replayed
	findings, err := w.ask(ctx,
		question{verb: "replay", pair: w.pair, in: trace, out: &r, twice: true},
		question{verb: "replay", pair: w.pair, in: over, out: &on, twice: true},
		question{verb: "replay", pair: w.byItself(), in: null, out: &lost})
	if err != nil || len(findings) > 0 {
		return "", findings, err
	}
	if said := cmp.Or(r.Error, on.Error, lost.Error); said != "" {
		return "", w.refuse("error", "%s", said), nil
	}
	if len(on.Surfaces) != len(over.Surfaces) {
		return "", nil, fmt.Errorf("the runner answered for %d surfaces, want %d", len(on.Surfaces), len(over.Surfaces))
	}
	found := Replay{Fingerprint: w.fingerprint, Uncompared: uncompared}
	all, differ := r.Trace.Decisions, r.Trace.Differs
	for i, s := range on.Surfaces {
		found.Surfaces = append(found.Surfaces, Tally{over.Surfaces[i].Family, s.Decisions, s.Differs})
		all, differ = all+s.Decisions, differ+s.Differs
	}
	if found.Harm, err = surfaces.MeasureHarm(lost.Loss, lost.Beside); err != nil {
		return "", nil, err
	}
	w.rehearsal, w.rehearsal.Replay = r.Trace, &found
	detail := fmt.Sprintf("where nothing can be gained it loses %.1f standard deviations", found.Harm.Loss)
	if len(lost.Beside) > 0 {
		detail += fmt.Sprintf(", greedy %.1f", found.Harm.Beside)
	}
	if w.shadow.Name != "" {
		detail = fmt.Sprintf("%d of %d decisions differ; %s", differ, all, detail)
	}
	if len(uncompared) > 0 {
		detail += "; not compared with " + strings.Join(uncompared, ", ") + ", which this version's gates refuse"
	}
	switch {
	case w.placebo && differ > 0:
		return detail, w.refuse("placebo", "in %d of %d decisions on the recorded trace and on synthetic surfaces the placebo decided otherwise than %s, which is in charge", differ, all, w.shadow.Name), nil
	case w.shadow.Name != "" && differ == 0 && !w.placebo:
		rule, kit := ruleInert, ""
		if like != nil {
			rule, kit = ruleDuplicate, ", in every search of the conformance kit too"
		}
		return detail, w.refuse(rule, "in all %d decisions on the recorded trace and on synthetic surfaces the mechanism decided exactly as %s, which is in charge%s: it would change nothing. Nobody reads the Text of hints there. Look at when its own rule applies, and make it apply within the first ten trials of a search", all, w.shadow.Name, kit), nil
	case found.Harm.Bad():
		return detail, w.refuse("harm", "where nothing can be gained (the default is the optimum, and all that differs is noise) the mechanism ended %.1f standard deviations of the noise above the default on the average of %d searches, and greedy on the same ones %.1f: it keeps what is worse, or takes noise for progress. Accept what is t.Better(v.Incumbent); take a difference below v.Noise for none; where Accept goes uphill on purpose, by less than v.Noise or for a few trials only, and come back to v.Best() after", found.Harm.Loss, found.Harm.Searches, found.Harm.Beside), nil
	}
	return detail, nil, nil
}

// orders are the recorded trace, and one instance of every family where something can be gained, which are asked for twice, and
// as many instances of the null family as harm is measured on, which tell nothing more of whether decisions repeat. All
// instances are drawn from the hash of the source, so that nothing can be tuned to them.
func (w *work) orders() (trace, over, null replayOrder, err error) {
	trace.View = w.welcome.View
	seeds, err := surfaces.Seeds(len(surfaces.Families)+surfaces.HarmSearches, mechanisms.Entry{Name: w.mechanism.Name, Hash: w.pkg.Hash})
	if err != nil {
		return trace, over, null, err
	}
	for i, f := range surfaces.Families {
		if f.Null {
			null.Null = f.Name
		} else {
			over.Surfaces = append(over.Surfaces, instance{f.Name, seeds[i]})
		}
	}
	null.Seeds = seeds[len(surfaces.Families):]
	return trace, over, null, nil
}
