package memory

import (
	"cmp"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Mechanism is one that a model wrote, that passed the gates, and what it did in the runs that it was in charge of.
type Mechanism struct {
	Hash      string `json:"hash"` // sha256 of Source in hex
	Name      string `json:"name"`
	Idea      string `json:"idea"` // one sentence
	Source    string `json:"source"`
	Simulated bool   `json:"simulated"` // no language model wrote it

	Figures    []Figure `json:"figures"`              // on synthetic surfaces; none where it was not measured
	Unmeasured string   `json:"unmeasured,omitempty"` // why it was not
	Passed     string   `json:"passed"`               // version of the program whose gates it passed last
	Refused    string   `json:"refused,omitempty"`    // why the gates of a later version refused it
	Deeds      []Deed   `json:"deeds"`                // in the order in which the runs were learnt from
}

// A Figure is how well it searches one family of surfaces, beside greedy on the same instances and streams.
type Figure struct {
	Family   string  `json:"family"`
	Null     bool    `json:"null"`     // there is nothing to find: the figures are losses in standard deviations of the noise
	Searches int     `json:"searches"` // that each figure is the mean of
	Regret   float64 `json:"regret"`   // 1 is the default, 0 the optimum
	Error    float64 `json:"error"`    // standard error of Regret
	Greedy   float64 `json:"greedy"`   // greedy's regret
}

// A Deed is what a mechanism did in one run.
type Deed struct {
	Run          string  `json:"run"` // ID
	Dir          string  `json:"dir"`
	Task         string  `json:"task"`
	Parent       string  `json:"parent"`           // that it replaced
	Proposals    int     `json:"proposals"`        // it made
	Compared     int     `json:"compared"`         // decisions put to the parent as well
	Differed     int     `json:"differed"`         // of them, where it would have decided otherwise
	Gain         float64 `json:"gain"`             // by which its proposals bettered the incumbent's value
	PerTrial     float64 `json:"per_trial"`        // the same for each proposal
	ParentTrial  float64 `json:"parent_per_trial"` // what the parent gained for each of its own proposals, before and after
	ParentTrials int     `json:"parent_trials"`    // proposals of the parent
	Baseline     float64 `json:"baseline"`         // value of the run's default point, as Trial.BPB has it
	Fate         string  `json:"fate"`             // active to the end, replaced, retired, quarantined
	Why          string  `json:"why,omitempty"`

	Measure mechanisms.Measure `json:"measure,omitzero"` // what the run's values are called
}

// Good reports whether a deed speaks for the mechanism being of use at all: it was not taken out, and it decided something.
func (d Deed) Good() bool {
	return d.Differed > 0 && d.Fate != Retired && d.Fate != Quarantined
}

// What becomes of mechanisms.
const (
	Retired     = "retired"
	Quarantined = "quarantined"
)

// Remember takes in a mechanism of a run that was learnt from, with the last of its Deeds, which is of that run. The same
// again replaces what was known of it in that run, but not the idea that it was first written for: a run that takes a source
// up as it is may give another. A mechanism that was forgotten stays so.
func (m *Memory) Remember(x Mechanism) error {
	if len(x.Deeds) == 0 {
		return fmt.Errorf("remember mechanism %s: it did nothing in any run", x.Name)
	}
	deed := x.Deeds[len(x.Deeds)-1]
	passed := x.Passed
	x.Deeds, x.Passed, x.Refused = nil, "", "" // columns of their own
	body, err1 := json.Marshal(x)
	did, err2 := json.Marshal(deed)
	if err := errors.Join(err1, err2); err != nil {
		return fmt.Errorf("remember mechanism %s: %w", x.Name, err)
	}
	return m.change(func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO mechanisms (hash, body, passed) VALUES (?, ?, ?) ON CONFLICT (hash) DO UPDATE
			SET body = json_set(excluded.body, '$.idea', json_extract(mechanisms.body, '$.idea')), passed = excluded.passed, refused = ''`,
			x.Hash, string(body), passed); err != nil {
			return err
		}
		res, err := tx.Exec(`INSERT INTO deeds (hash, run, body) SELECT ?, n, ? FROM runs WHERE id = ?
			ON CONFLICT (hash, run) DO UPDATE SET body = excluded.body`, x.Hash, string(did), deed.Run)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("mechanism %s: run %s was not learnt from; learn from it first", x.Name, deed.Run))
		}
		return nil
	})
}

// Judge notes what the gates of this version of the program say of a mechanism: refused is empty where it passed.
func (m *Memory) Judge(hash, version, refused string) error {
	return m.change(func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE mechanisms SET passed = CASE WHEN ?2 = '' THEN ?3 ELSE passed END, refused = ?2 WHERE hash = ?1", hash, refused, version)
		return err
	})
}

// Mechanisms returns those that are not forgotten, the most promising first: see Mechanism.promise; by hash where two promise
// the same.
func (m *Memory) Mechanisms() ([]Mechanism, error) {
	deeds, err := m.deeds()
	if err != nil {
		return nil, err
	}
	rows, err := m.db.Query("SELECT body, passed, refused FROM mechanisms WHERE forgotten = 0 ORDER BY hash")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	var all []Mechanism
	for rows.Next() {
		var x Mechanism
		var body, passed, refused string
		if err := errors.Join(rows.Scan(&body, &passed, &refused), json.Unmarshal([]byte(body), &x)); err != nil {
			return nil, m.explain("read", err)
		}
		x.Passed, x.Refused, x.Deeds = passed, refused, deeds[x.Hash]
		all = append(all, x)
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	slices.SortStableFunc(all, func(a, b Mechanism) int { return cmp.Compare(b.promise(), a.promise()) })
	return all, nil
}

func (m *Memory) deeds() (map[string][]Deed, error) {
	rows, err := m.db.Query("SELECT hash, body FROM deeds ORDER BY hash, run")
	if err != nil {
		return nil, m.explain("read", err)
	}
	defer rows.Close()
	all := map[string][]Deed{}
	for rows.Next() {
		var hash, body string
		var d Deed
		if err := errors.Join(rows.Scan(&hash, &body), json.Unmarshal([]byte(body), &d)); err != nil {
			return nil, m.explain("read", err)
		}
		all[hash] = append(all[hash], d)
	}
	if err := rows.Err(); err != nil {
		return nil, m.explain("read", err)
	}
	return all, nil
}

// promise orders mechanisms: how much lower than greedy's its regret is, mean over the families that have something to find,
// plus the mean share of the value that it gained for each trial beyond its parent. The first rests on more searches and is
// the larger, so that it decides; what happened in one run, where later trials gain less, only parts equals.
func (x Mechanism) promise() float64 {
	sum, n := 0.0, 0
	for _, f := range x.Figures {
		if !f.Null {
			sum, n = sum+f.Greedy-f.Regret, n+1
		}
	}
	if n > 0 {
		sum /= float64(n)
	}
	for _, d := range x.Deeds {
		if d.Baseline != 0 {
			sum += (d.PerTrial - d.ParentTrial) / math.Abs(d.Baseline) / float64(len(x.Deeds))
		}
	}
	return sum
}

// How many mechanisms a run is offered at most, and how long their sources may be together: enough to compare, and a few
// thousand tokens of a prompt that is sent once in ten trials.
const (
	MaxAncestors     = 3
	MaxAncestorBytes = 24 << 10
)

// Ancestors returns the mechanisms that a run may be offered, the most promising first: of its provenance, not refused by
// later gates, and of use in some run. check says whether the gates of this version pass a source, and why not; what it
// says is for the caller to note with Judge. An error of check ends the search.
func (m *Memory) Ancestors(simulated bool, check func(Mechanism) (refused string, err error)) ([]Mechanism, error) {
	all, err := m.Mechanisms()
	if err != nil {
		return nil, err
	}
	var some []Mechanism
	size := 0
	for _, x := range all {
		if len(some) == MaxAncestors {
			break
		}
		if x.Simulated != simulated || !slices.ContainsFunc(x.Deeds, Deed.Good) || size+len(x.Source) > MaxAncestorBytes {
			continue
		}
		refused, err := check(x)
		if err != nil {
			return nil, err
		}
		if refused == "" {
			some = append(some, x)
			size += len(x.Source)
		}
	}
	return some, nil
}

// FindMechanism returns the mechanism of a name, or whose hash begins so.
func (m *Memory) FindMechanism(name string) (Mechanism, error) {
	all, err := m.Mechanisms()
	if err != nil {
		return Mechanism{}, err
	}
	for _, x := range all {
		if x.Name == name || len(name) >= 6 && strings.HasPrefix(x.Hash, name) {
			return x, nil
		}
	}
	return Mechanism{}, fmt.Errorf("mechanism %s: %w; bilevel memory mechanisms names those that are", name, ErrUnknown)
}

// ForgetMechanism forgets a mechanism: it is never offered again.
func (m *Memory) ForgetMechanism(name string) error {
	x, err := m.FindMechanism(name)
	if err != nil {
		return err
	}
	return m.change(func(tx *sql.Tx) error {
		_, err := tx.Exec("UPDATE mechanisms SET forgotten = 1 WHERE hash = ?", x.Hash)
		return err
	})
}

// proposals is a number of them in words.
func proposals(n int) string {
	if n == 1 {
		return "1 proposal"
	}
	return fmt.Sprintf("%d proposals", n)
}

// changed says what a trial did to the incumbent on average; a gain is positive.
func (d Deed) changed(gain float64) string {
	if gain == 0 {
		return "did not change the incumbent"
	}
	text := fmt.Sprintf("changed the incumbent by %+.4f %s", d.Measure.Own(-gain), d.Measure)
	if d.Measure.Higher {
		text += " (higher is better)"
	}
	return text
}

// Words say what a mechanism did, for people and models, a line each.
func (x Mechanism) Words() string {
	var b strings.Builder
	for _, d := range x.Deeds {
		fmt.Fprintf(&b, "In a run of %s it replaced %s and made %s; %d of %d decisions were others than %s would have taken. On average one of its proposals %s; one of the %d of %s %s. It was %s.",
			d.Task, d.Parent, proposals(d.Proposals), d.Differed, d.Compared, d.Parent, d.changed(d.PerTrial), d.ParentTrials, d.Parent, d.changed(d.ParentTrial), d.Fate)
		if d.Why != "" {
			fmt.Fprintf(&b, " (%s)", d.Why)
		}
		b.WriteString("\n")
	}
	for _, f := range x.Figures {
		if f.Null {
			fmt.Fprintf(&b, "On %s, where there is nothing to find, it lost %.2f ± %.2f standard deviations of the noise in %d searches; greedy lost %.2f.\n", f.Family, f.Regret, f.Error, f.Searches, f.Greedy)
			continue
		}
		fmt.Fprintf(&b, "On %s its regret after 30 trials was %.3f ± %.3f in %d searches (1 is the default, 0 the optimum); greedy's was %.3f.\n", f.Family, f.Regret, f.Error, f.Searches, f.Greedy)
	}
	if x.Unmeasured != "" {
		fmt.Fprintf(&b, "It was not measured on surfaces: %s.\n", x.Unmeasured)
	}
	return strings.TrimRight(b.String(), "\n")
}
