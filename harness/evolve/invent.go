package evolve

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/whole"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// level2 judges the mechanism in charge, asks for a new one, and puts it in charge if it is ready.
func (r *Run) level2() error {
	if err := r.retireInert(); err != nil {
		return err
	}
	o := r.occasion()
	began := time.Now()
	inv, err := r.Inventor.Invent(r.ctx, o)
	if err != nil {
		return fatal(fmt.Errorf("level 2, cycle %d: %w", o.Cycle, err))
	}
	if err := r.recordInvention(o, inv, time.Since(began)); err != nil {
		return fatal(err)
	}
	r.tell(Event{Kind: EventInvented, Seq: r.decided() + 1, Mechanism: inv.Name, Text: fmt.Sprintf("%s: %s", inv.Outcome, inv.Why)})
	return nil
}

// occasion is what level 2 is told now.
func (r *Run) occasion() Occasion {
	current, _ := r.Store.Mechanism(r.active.Name)
	o := Occasion{
		Cycle: len(r.Store.Cycles()) + 1, Every: r.Settings.InventEvery, Task: r.Task.Describe(), Welcome: wire.Welcome{View: r.Store.View()},
		Mechanism: r.active.Name, Source: current.Source, Influence: influenceWords(r.influence(r.active.Name)), Tried: r.tried(), Sources: map[string]string{},
		Step: func(s Step) {
			r.tell(Event{Kind: EventLevel2, Seq: r.decided() + 1, Limit: r.limit(), Step: &s})
		},
	}
	for _, m := range r.Store.Mechanisms() {
		if m.Status == store.Ready && m.Hash != "" {
			o.Sources[m.Name] = m.Source
		}
	}
	for _, a := range r.Ancestors {
		if !slices.Contains(slices.Collect(maps.Values(o.Sources)), a.Source) {
			o.Ancestors = append(o.Ancestors, a)
		}
	}
	return o
}

// recordInvention records a cycle of level 2 with all it made, the hand-over included, in one step: a run that is killed
// before it makes the invention again, one that is killed after it starts the new binary.
func (r *Run) recordInvention(o Occasion, inv Invention, took time.Duration) error {
	c := store.Cycle{N: o.Cycle, Seq: r.decided() + 1, Outcome: string(inv.Outcome), Why: inv.Why, Dialogue: inv.Record, Took: took}
	var more []store.Event
	add := func(e store.Event, err error) error {
		more = append(more, e)
		return err
	}
	for _, m := range inv.Refused {
		if err := add(store.MechanismEvent(m, nil)); err != nil {
			return err
		}
	}
	if inv.Outcome != Ready {
		return r.Store.RecordCycle(c, more...)
	}
	if r.Start == nil {
		if err := r.keepBinary(inv.Path, inv.Binary); err != nil {
			return err
		}
	}
	c.Mechanism = inv.Name
	m := store.Mechanism{
		Name: inv.Name, Hash: inv.Hash, Parent: r.active.Name, Idea: inv.Why, Status: store.Ready, Source: inv.Source,
		Spec: inv.Spec, Findings: inv.Findings, Binary: inv.Binary, Cycle: o.Cycle,
	}
	to := r.made(m)
	handOver := r.change(store.HandOver, to, inv.Why)
	handOver.Replay = true
	if err := add(store.MechanismEvent(m, inv.Steps)); err != nil {
		return err
	}
	if err := add(store.BinaryEvent(store.Binary{Hash: inv.Binary, Record: inv.Build, Path: to.Command.Path})); err != nil {
		return err
	}
	if err := add(store.SwitchEvent(handOver)); err != nil {
		return err
	}
	if err := r.Store.RecordCycle(c, more...); err != nil {
		return err
	}
	r.tell(Event{Kind: EventHandover, Seq: handOver.Seq, Limit: r.limit(), Mechanism: to.Name, Text: inv.Why})
	r.active = to
	return nil
}

// Carry makes a mechanism known that was made elsewhere, with the runner that carries it, so that a run may begin with it.
// It is called before Go, every time that the run is gone on with.
func (r *Run) Carry(m store.Mechanism, runner string) error {
	if err := r.keepBinary(runner, m.Binary); err != nil {
		return err
	}
	return r.Store.RecordMechanism(m, nil)
}

// keepBinary copies a built runner into the run's folder, under its sha256.
func (r *Run) keepBinary(from, hash string) error {
	if r.Store.Dir() == "" {
		if r.binaries == nil {
			r.binaries = map[string]string{}
		}
		r.binaries[hash] = from
		return nil
	}
	to := r.binary(hash)
	if got, err := fileHash(to); err == nil && got == hash {
		return nil
	}
	b, err := os.ReadFile(from)
	if err != nil {
		return fmt.Errorf("keep binary: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(to), 0o777); err != nil {
		return fmt.Errorf("keep binary: %w", err)
	}
	if err := whole.Write(to, b, 0o755); err != nil {
		return fmt.Errorf("keep binary: %w", err)
	}
	return nil
}

// enough is how many compared decisions it takes to call a mechanism inert: those of three trials. A mechanism may well
// agree with its predecessor once or twice.
const enough = 6

// retireInert takes the mechanism in charge out if it has decided nothing otherwise than its predecessor would have.
func (r *Run) retireInert() error {
	if r.Settings.KeepInert || r.justChanged() {
		return nil
	}
	if t := r.influence(r.active.Name); r.predecessor() != "" && t.Compared >= enough && t.Differed == 0 {
		return r.takeOut(store.Retire, "inert: "+influenceWords(t))
	}
	return nil
}

// influence is what a mechanism has done so far.
func (r *Run) influence(name string) store.Tenure { return Influence(r.Store.Tenures(), name) }

// tried is what earlier cycles made, as the model is told.
func (r *Run) tried() []model.Tried {
	var all []model.Tried
	for _, m := range r.Store.Mechanisms() {
		t := model.Tried{Name: m.Name, Idea: m.Idea, Outcome: string(m.Status), Why: m.Reason}
		i := r.influence(m.Name)
		t.Trials, t.Influence, t.Gain = i.Proposals, i.Differed, i.Gain
		if m.Status == store.Ready {
			t.Outcome, t.Why = r.fate(m.Name)
		}
		all = append(all, t)
	}
	return all
}

// fate says what became of a mechanism that was put in charge.
func (r *Run) fate(name string) (outcome, why string) {
	outcome = "active"
	for _, s := range r.Store.Switches() {
		switch {
		case s.To == name: // for the first time, or again because its successor was taken out
			outcome, why = "active", ""
		case s.From != name:
		case s.Kind == store.HandOver:
			outcome = "replaced"
		case s.Kind == store.Retire:
			outcome, why = "retired", s.Why
		default:
			outcome, why = "quarantined", s.Why
		}
	}
	return outcome, why
}
