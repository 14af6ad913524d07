// Package mechtest checks that a mechanism keeps the contract of package mechanisms: it drives the mechanism through short
// searches on several spaces, with failures, side-by-side trials and a history it did not make, and looks at every answer.
// It runs inside the runner binary as the gate a generated mechanism must pass, and in the tests of those written by hand.
package mechtest

import (
	"bytes"
	"fmt"
	"reflect"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Finding is one way in which a mechanism breaks the contract. Its text alone suffices to mend the source.
type Finding struct {
	Check   string `json:"check"`   // name of the check, one of Names
	Message string `json:"message"` // what was done, what was found, what is wanted
}

func (f Finding) String() string { return f.Check + ": " + f.Message }

// A check looks at what was recorded of one mechanism in every scenario, and returns one message per fault.
type check struct {
	name string
	doc  string
	run  func(rec *record) []string
}

// checks is the whole kit, in the order of report. Before them stands what entry looks at: without a name, a constructor and
// fields that JSON keeps there is nothing to drive.
var checks = []check{
	{"panic", "no call panics, whatever happened before", panics},
	{"state", "the whole state survives JSON, at every step", faithful},
	{"error", "Propose errs only when the model does", errs},
	{"point", "every proposal is a point of the space and keeps its constraints", inside},
	{"frozen", "no proposal changes a frozen parameter", frozen},
	{"pure", "Propose, Accept and Prune change neither the mechanism nor the view", pure},
	{"trial", "Observe does not change the trial it is told", untouched},
	{"repeatable", "the same view and random stream give the same answer", repeatable},
	{"reload", "a mechanism loaded from its state answers and learns as the one that lived", reloads},
	{"replay", "being told a history by Observe equals having lived it", replays},
	{"shared", "two values made by New share nothing", shared},
	{"repeats", "points that were tried are not proposed again while others are left", repeats},
	{"accept", "only improvements are accepted, and large ones are", accepts},
	{"hint", "the model can follow every hint", hints},
	{"asks", "a decision asks the model at most 8 times", asks},
	{"answer", "a proposal made where the model gave no answer says so", admits},
	{"prune", "a trial that leads is not pruned", prunes},
}

// Names lists the checks with what each holds, in the order of report.
func Names() []string {
	list := []string{"entry: the entry has a name, a constructor, and a struct with exported fields that JSON keeps"}
	for _, c := range checks {
		list = append(list, c.name+": "+c.doc)
	}
	return list
}

// Check examines a mechanism and returns what it found, at most one Finding per check and none when the contract is kept.
// It calls the mechanism a few thousand times and returns when those calls do: a limit on time is the caller's.
func Check(e mechanisms.Entry) []Finding {
	findings, _ := Examine(e)
	return findings
}

// Examine is Check and Fingerprint in the time of one. The fingerprint is empty where nothing could be driven.
func Examine(e mechanisms.Entry) (findings []Finding, fingerprint string) {
	if message := entry(e); message != "" {
		return []Finding{{"entry", message}}, ""
	}
	records := drive(e)
	for _, c := range checks {
		if message := first(c, records); message != "" {
			findings = append(findings, Finding{c.name, message})
		}
	}
	return findings, fingerprintOf(records)
}

// drive has the mechanism search in every scenario.
func drive(e mechanisms.Entry) []*record {
	var records []*record
	for _, s := range scenarios() {
		records = append(records, live(e, s))
	}
	return records
}

// first returns the first fault a check sees in any scenario, with the scenario's name: one example of a fault is enough to mend it,
// and twelve of the same would hide the others.
func first(c check, records []*record) string {
	for _, rec := range records {
		if faults := c.run(rec); len(faults) > 0 {
			return fmt.Sprintf("%s (scenario %q: %s)", faults[0], rec.scenario.name, rec.scenario.doc)
		}
	}
	return ""
}

// TB is the part of testing.TB that Run needs; this package is linked into runners, which must not carry package testing.
type TB interface {
	Helper()
	Errorf(format string, args ...any)
}

// Run fails t with every finding about the mechanism.
func Run(t TB, e mechanisms.Entry) {
	t.Helper()
	for _, f := range Check(e) {
		t.Errorf("mechanism %s: %s", e.Name, f)
	}
}

// entry checks what can be seen without a call, and the shape of the state.
func entry(e mechanisms.Entry) (message string) {
	defer func() {
		if x := recover(); x != nil {
			message = fmt.Sprintf("New panicked: %v; New must return a mechanism with no history and do nothing else", x)
		}
	}()
	if e.Name == "" || e.New == nil {
		return "the entry has no name or no New; both are needed to register it"
	}
	m := e.New()
	if m == nil || reflect.ValueOf(m).Kind() != reflect.Pointer || reflect.ValueOf(m).IsNil() {
		return fmt.Sprintf("New returned %#v, want a pointer to the mechanism's struct: func New() *T { return &T{} }", m)
	}
	t := reflect.TypeOf(m).Elem()
	if t.Kind() != reflect.Struct {
		return fmt.Sprintf("the mechanism is a %s, want a struct whose exported fields are its state", t)
	}
	if fault := unfaithful(t, t.Name(), nil); fault != "" {
		return fault
	}
	a, errA := save(m)
	b, errB := save(e.New())
	if errA != nil || errB != nil || !bytes.Equal(a, b) {
		return fmt.Sprintf("New returned %s and then %s (%v, %v), want the same JSON each time and no history", a, b, errA, errB)
	}
	return ""
}
