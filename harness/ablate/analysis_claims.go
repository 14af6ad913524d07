package ablate

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/ablate/stats"
)

// The two claims. They are kept apart because they count different things: a mechanism that helps on many tasks may be the only
// one of many sessions that did, and sessions that often help may each help on one task alone.
const (
	unseen   = "this mechanism helps on unseen tasks"
	produces = "Level 2 produces mechanisms that help"
)

// claims says what the profile's runs have to say about each claim.
func (t *table) claims(contrasts []Contrast) []Claim {
	return append(t.unseenClaims(contrasts), t.producesClaim())
}

// unseenClaims has one claim for each mechanism that was fixed beforehand and ran on held-out tasks, corrected over them: who looks at
// many and tells the best has to pay for it.
func (t *table) unseenClaims(contrasts []Contrast) []Claim {
	var found []Contrast
	for _, a := range t.Arms {
		for _, c := range contrasts {
			if a.Kind == KindMechanism && c.First == a.Name && c.Second == "A" && c.HeldOut {
				found = append(found, c)
			}
		}
	}
	if len(found) == 0 {
		return []Claim{{Text: unseen, Unit: "task", P: 1, Says: "The data do not bear on it: no mechanism that was fixed beforehand ran on tasks that level 2 never saw. " +
			"Arms with level 2 write their mechanisms during the runs they are measured by."}}
	}
	p := make([]float64, len(found))
	for i, c := range found {
		p[i] = c.P
	}
	var all []Claim
	for i, corrected := range stats.Holm(p) {
		c := found[i]
		c.Holm = corrected
		p := "p = " + decimals(corrected)
		if len(found) > 1 {
			p += fmt.Sprintf(" corrected over the %d mechanisms", len(found))
		}
		all = append(all, Claim{Text: unseen, Unit: "task", N: c.Tasks, P: corrected, Low: c.Low, High: c.High, Says: t.sentence(c, p, "Shown")})
	}
	return all
}

// sessions are arms that differ in level 2 alone: the one with it first.
var sessions = [][2]string{{"C", "B"}, {"D", "A"}, {"C", "R"}, {"C", "A"}}

// producesClaim counts sessions of level 2: each run of the arm that has it is one, and its tasks are taken as they are. So signs are flipped session by
// session, and sessions are drawn within tasks.
func (t *table) producesClaim() Claim {
	claim := Claim{Text: produces, Unit: "independent Level 2 session", P: 1}
	var c Contrast
	for _, pair := range sessions {
		if c = t.contrast(pair[0], pair[1], allHeldOut(t.Result)); c.Pairs > 0 {
			break
		}
	}
	if c.Pairs == 0 && t.madeClaim(&claim) {
		return claim
	}
	if c.Pairs == 0 {
		claim.Says = "The data do not bear on it: no arm with level 2 shares a unit with one that has none."
		return claim
	}
	var each []stats.Cluster
	for _, p := range c.Pairing {
		each = append(each, stats.Cluster{Stratum: p.Task, Values: []float64{p.First - p.Second}})
	}
	test := stats.SignFlip(each, resampling)
	interval := stats.Bootstrap(each, confidence, resampling, stats.Mean)
	claim.N, claim.P, claim.Low, claim.High = c.Pairs, test.P, interval.Low, interval.High

	with := ""
	if t.profile != "" {
		with = " with the simulated model's profile " + t.profile
	}
	says := fmt.Sprintf("Over %s%s, %s ended %s in regret than %s on average", count(c.Pairs, "session"), with, c.First, amount(c.Difference), c.Second)
	if interval.Low < interval.High {
		says += fmt.Sprintf(" (95 %% interval for sessions on these tasks: %s; p = %s)", between(interval.Low, interval.High), decimals(test.P))
	}
	says += ": "
	switch {
	case test.Smallest > alpha:
		says += fmt.Sprintf("not shown, and so few sessions could not have shown it: the smallest p they can give is %s.", decimals(test.Smallest))
	case test.P > alpha || covers(interval.Low, interval.High):
		says += "not shown."
	case c.Difference < 0:
		says += "shown for these tasks."
	default:
		says += "its mechanisms were shown to do harm on these tasks."
	}
	claim.Says = says + t.sessionWords(c)
	return claim
}

// sessionWords tells what the sessions wrote, and how far they count.
func (t *table) sessionWords(c Contrast) string {
	charged, influent, sources := 0, 0, map[string]bool{}
	for _, p := range c.Pairing {
		run := t.runs[unitKey{p.Task, p.Seed}][c.First]
		if len(run.Handovers) > 0 {
			charged++
		}
		if run.Differed > 0 {
			influent++
		}
		for _, h := range run.Handovers {
			sources[h.Mechanism] = true
		}
	}
	says := fmt.Sprintf(" %d put a mechanism in charge, %d had one that decided anything otherwise than its predecessor; %s in all.", charged, influent, count(len(sources), "different source"))
	if len(t.Setting.Looks) > 0 {
		says += " The runs could end early for what other comparisons showed, which this p does not know."
	}
	if c.Second == "A" && c.First == "C" {
		says += " C differs from A in level 1.5 as well, so this is not level 2 alone."
	}
	if c.Second == "R" {
		says += " R also clears its history, so this is not level 2 alone."
	}
	if t.Setting.Simulated {
		says += " A simulated model wrote the mechanisms, from templates made by people: this says nothing about what a language model's level 2 produces."
	}
	return says
}
