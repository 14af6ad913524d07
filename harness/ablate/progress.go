package ablate

import (
	"fmt"
	"sync"
	"time"

	"github.com/seed161a02ea/bilevel/harness/evolve"
)

// Progress is how far an ablation is. It is for eyes: the result knows no clock.
type Progress struct {
	Runs     int // finished, those of before included
	Planned  int
	Trials   int           // decided, those of runs under way and of before included
	OfTrials int           // that the planned runs have
	Left     time.Duration // estimated; 0 while nobody knows
	Last     string        // what happened
}

// A meter tells how far an ablation is, and estimates how long the rest takes: as long for each trial of an arm as its last ones
// took, with as many runs beside each other as there were on the average, and no shorter than its longest run. The last ones,
// because arms share what a model answers at first, and ask each for themselves later.
type meter struct {
	tell   func(Progress)
	trials int // of a run
	began  time.Time

	mu    sync.Mutex
	now   Progress
	under map[runKey]*underWay
	spent time.Duration   // in runs, by this call
	by    map[string]pace // of the last trials that this call made, by arm
	waits map[string]int  // runs that have not begun, by arm
}

// fading is the weight of what went before beside a new trial's.
const fading = 0.95

// A pace is how many trials took how long.
type pace struct {
	trials float64
	took   time.Duration
}

// underWay is a run that goes on.
type underWay struct {
	from time.Time     // when this call began it, or went on with it
	took time.Duration // from then to its last trial
	seq  int           // trials decided, those of before included
}

// newMeter begins with the runs of the plan that are not done.
func (e *engine) newMeter() *meter {
	m := &meter{
		tell: e.parts.Tell, trials: e.plan.Setting.Trials, began: time.Now(),
		under: map[runKey]*underWay{}, by: map[string]pace{}, waits: map[string]int{},
	}
	for _, profile := range e.plan.Profiles {
		pairs, null := e.plan.Units(profile)
		for _, u := range append(pairs, null...) {
			for i, a := range e.plan.Arms {
				if e.plan.Same(i) != a.Name { // it is not made: another arm's run is its own
					continue
				}
				m.now.Planned++
				if e.done[u.key(e.plan, a.Name)] == nil {
					m.waits[a.Name]++
				}
			}
		}
	}
	m.now.Runs = len(e.done)
	m.now.OfTrials, m.now.Trials = m.now.Planned*m.trials, m.now.Runs*m.trials
	return m
}

// begins says that a run begins, or goes on.
func (m *meter) begins(key runKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits[key.Arm]--
	m.under[key] = &underWay{from: time.Now()}
}

// sees takes an event of a run under way.
func (m *meter) sees(key runKey, e evolve.Event) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p := m.under[key]
	switch e.Kind {
	case evolve.EventStarted:
		p.seq = max(0, e.Seq-1) // the baseline is no trial of the plan
		m.now.Trials += p.seq
	case evolve.EventDecided:
		if e.Seq > p.seq {
			m.decided(key, p, e.Seq-p.seq)
			m.say(fmt.Sprintf("trial %d of %s", e.Seq, key))
		}
	}
}

// decided counts trials of a run under way.
func (m *meter) decided(key runKey, p *underWay, n int) {
	took := time.Since(p.from) - p.took
	p.took, p.seq = p.took+took, p.seq+n
	m.now.Trials += n
	m.spent += took
	arm := m.by[key.Arm]
	m.by[key.Arm] = pace{trials: fading*arm.trials + float64(n), took: time.Duration(fading*float64(arm.took)) + took}
}

// finished says that a run is. One that failed has fewer trials than were planned: the rest is not to be done either.
func (m *meter) finished(key runKey) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if p := m.under[key]; p != nil {
		m.decided(key, p, m.trials-p.seq)
		delete(m.under, key)
	} else { // it is the run of another profile
		m.waits[key.Arm]--
		m.now.Trials += m.trials
	}
	m.now.Runs++
	m.say(key.String())
}

func (m *meter) say(last string) {
	if m.tell != nil {
		m.now.Left, m.now.Last = m.left(), last
		m.tell(m.now)
	}
}

// left estimates the time that is left.
func (m *meter) left() time.Duration {
	all := pace{}
	for _, p := range m.by {
		all.trials, all.took = all.trials+p.trials, all.took+p.took
	}
	if all.trials == 0 || m.spent == 0 {
		return 0
	}
	each := func(arm string) time.Duration { // a trial of the arm; where none was made, of any
		if p := m.by[arm]; p.trials > 0 {
			return time.Duration(float64(p.took) / p.trials)
		}
		return time.Duration(float64(all.took) / all.trials)
	}
	work, longest := time.Duration(0), time.Duration(0)
	for key, p := range m.under {
		run := each(key.Arm) * time.Duration(m.trials-p.seq)
		work, longest = work+run, max(longest, run)
	}
	for arm, n := range m.waits {
		if n > 0 {
			run := each(arm) * time.Duration(m.trials)
			work, longest = work+run*time.Duration(n), max(longest, run)
		}
	}
	beside := float64(m.spent) / float64(time.Since(m.began))
	return max(time.Duration(float64(work)/beside), longest)
}

// String names a run to people.
func (k runKey) String() string { return fmt.Sprintf("%s on %s, seed %d", k.Arm, k.Task, k.Seed) }
