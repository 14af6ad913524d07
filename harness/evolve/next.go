package evolve

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed161a02ea/bilevel/harness/steer"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
	"github.com/seed161a02ea/bilevel/templates"
)

// next lets the upper levels act where they are due, and then lets the runner propose, become another binary, or stop. It
// may be asked again about the same trial: what is on record is not done twice.
func (r *Run) next(q wire.Next) (wire.Message, error) {
	if err := r.anchors(q.Seq); err != nil {
		return wire.Message{}, err
	}
	if q.Seq > r.limit() {
		return wire.Message{Go: &wire.Go{Stop: true}}, nil
	}
	if err := r.hear(q.Seq); err != nil { // before the upper levels, which are to know of it
		return wire.Message{}, err
	}
	before := r.active.Name
	if err := r.watch(); err != nil {
		return wire.Message{}, err
	}
	if due(r.decided(), r.Settings.SteerEvery) && !r.steered(q.Seq) {
		if err := r.steer(q.Seq); err != nil {
			return wire.Message{}, err
		}
	}
	if r.Inventor != nil && due(r.decided(), r.Settings.InventEvery) && r.limit()-r.decided() >= templates.FewestLeft && !r.invented() {
		if err := r.level2(); err != nil {
			return wire.Message{}, err
		}
	}
	restarts := due(r.decided(), r.Settings.RestartEvery) && len(r.Store.Restarts()) < r.decided()/r.Settings.RestartEvery
	if restarts {
		if err := r.restart(); err != nil {
			return wire.Message{}, err
		}
	}
	if err := r.hear(q.Seq); err != nil { // and after them: they may have taken minutes
		return wire.Message{}, err
	}
	v := r.Store.View()
	a := wire.Go{Steer: v.Steer, Lessons: v.Lessons, Noise: v.Noise, Again: v.Again}
	if r.active.Name != before {
		var err error
		if a.Exec, err = r.exec(); err != nil {
			return wire.Message{}, err
		}
		r.left = viewHash(v)
	} else if restarts {
		a.Restart = &v
	}
	return wire.Message{Go: &a}, nil
}

// restart clears the history: what a published system did to it whenever level 2 had acted. The search resumes from the
// last configuration that was tried and has a value, whether it was kept or not.
func (r *Run) restart() error {
	trials := r.Store.Whole().Trials
	x := store.Restart{N: len(r.Store.Restarts()), Seq: len(trials)}
	for _, t := range trials { // the baseline has a value, or the run would have ended
		if t.OK() {
			x.From = t.Seq
		}
	}
	if err := r.Store.RecordRestart(x); err != nil {
		return fatal(err)
	}
	r.tell(Event{Kind: EventRestart, Seq: x.Seq, Limit: r.limit(), Mechanism: r.active.Name, Text: fmt.Sprintf("the history is cleared; the search resumes from trial %d", x.From)})
	return nil
}

// due reports whether a level that acts every so many decided trials acts now.
func due(decided, every int) bool { return every > 0 && decided > 0 && decided%every == 0 }

// invented reports whether level 2 was asked since the last decided trial. It is asked once, though a hand-over and a restart ask
// for the same trial again.
func (r *Run) invented() bool {
	all := r.Store.Cycles()
	return len(all) > 0 && all[len(all)-1].Seq > r.decided()
}

func (r *Run) steered(seq int) bool {
	all := r.Store.Steering()
	return len(all) > 0 && all[len(all)-1].Steering.Since >= seq
}

// steer is level 1.5.
func (r *Run) steer(seq int) error {
	began := time.Now()
	s, record, err := steer.Decide(r.ctx, r.Model, steer.Input{
		View: r.Store.View(), Seq: seq, Task: r.Task.Describe(), Every: r.Settings.SteerEvery, Mechanism: r.active.Name, Idea: r.idea(r.active.Name),
	})
	if err != nil {
		return fatal(fmt.Errorf("level 1.5 before trial %d: %w", seq, err))
	}
	s.Since = seq                                                               // also where the former steering stays: this question is answered
	s.Person, record.Steering.Person = mechanisms.Advice{}, mechanisms.Advice{} // an event of its own, not level 1.5's
	body, err := json.Marshal(record)
	if err != nil {
		return fatal(err)
	}
	if err := r.Store.RecordSteering(store.Steer{Steering: s, Record: body, Took: time.Since(began)}); err != nil {
		return fatal(err)
	}
	r.tell(Event{Kind: EventSteered, Seq: seq, Limit: r.limit(), Steering: &s, Text: record.Why})
	return nil
}

// idea is what a mechanism searches by, in one sentence: as recorded of one that level 2 made, else as it stands in the
// catalog. It is empty for one that neither knows.
func (r *Run) idea(name string) string {
	if m, ok := r.Store.Mechanism(name); ok && m.Idea != "" {
		return m.Idea
	}
	if e, err := catalog.Find(name); err == nil {
		return e.Doc
	}
	return ""
}
