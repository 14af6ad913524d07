package evolve

import "github.com/seed161a02ea/bilevel/harness/store"

// watch takes the mechanism in charge out if its trials are worse than its predecessor's. It looks after every trial.
func (r *Run) watch() error {
	if r.justChanged() || r.predecessor() == "" {
		return nil
	}
	noise := r.Store.View().Noise
	baseline, _ := r.Store.Finished(0)
	since, before := conducts(r.Store.Lived(), baseline, r.active.Name, r.predecessor(), noise)
	if why := worse(since, before, r.predecessor(), noise, r.Store.Meta().Space.Measure); why != "" {
		return r.takeOut(store.Retire, why)
	}
	return nil
}

// justChanged reports whether nothing was decided since the last change of charge. Nobody is judged then: a run that was
// killed after it had recorded one change must not make another at the same place.
func (r *Run) justChanged() bool {
	switches := r.Store.Switches()
	return len(switches) > 0 && switches[len(switches)-1].Seq > r.decided()
}
