package bad

import (
	"context"
	"fmt"
	"slices"
	"sort"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct {
	Count  int
	Scores []float64
	Arms   map[string]arm
	List   []arm
	Grid   [4]int
	Best   mechanisms.Trial
}

type arm struct {
	Pulls int
	Last  mechanisms.Point
}

func New() *M { return &M{} }

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	m.Count++                // want `Propose changes the mechanism's state \(m.Count\), which only Observe may`
	m.List[0].Pulls = 3      // want `state \(m.List\[...\].Pulls\)`
	m.Arms["x"] = arm{}      // want `state \(m.Arms\)`
	m.Grid[2] = 1            // want `state \(m.Grid\[...\]\)`
	v.Incumbent.Point[0] = 1 // want `Propose changes what its parameter v points to \(v.Incumbent.Point\[...\]\), which belongs to the loop: work on a copy`
	p := v.Incumbent.Point
	p[1] = 2 // want `parameter v points to`
	best := v.Best()
	best.Point[0] = 3 // want `parameter v points to`
	for i := range v.Trials {
		t := &v.Trials[i]
		t.Kept = true // want `parameter v points to.*trials := slices.Clone`
	}
	trials := v.Trials
	sort.Slice(trials, func(i, j int) bool { return trials[i].Seq < trials[j].Seq })     // want `\(sort.Slice of trials\).*as in: trials := slices.Clone\(v.Trials\)`
	slices.Sort(m.Scores)                                                                // want `state \(slices.Sort of m.Scores\)`
	sort.Slice(m.List, func(i, j int) bool { return m.List[i].Pulls < m.List[j].Pulls }) // want `state`
	m.note("x")                                                                          // the helper is reported
	local := m
	local.Count = 4                               // want `state`
	rest := append(m.Scores[:1], m.Scores[2:]...) // want `state`
	_ = rest
	copied := *m
	copied.Scores[0] = 1 // want `state`
	func() {
		m.Best.Kept = true // want `a function literal in \(\*M\).Propose, which Propose calls, changes the mechanism's state`
	}()
	c := candidate{point: m.Best.Point}
	c.point[0] = 1 // want `state`
	fill(m.Scores)
	h := holder{list: v.Trials}
	h.clean()
	slices.SortFunc(v.Trials, func(a, b mechanisms.Trial) int { return 0 }) // want `parameter v points to \(slices.SortFunc of v.Trials\).*trials := slices.Clone\(v.Trials\)`
	v.Rand.Shuffle(3, func(i, j int) {
		m.Scores[i], m.Scores[j] = m.Scores[j], m.Scores[i] // want `state` `state`
	})
	delete(m.Arms, "x")                      // want `state`
	each(m.List, func(a *arm) { a.Pulls++ }) // want `a function literal in \(\*M\).Propose, which Propose calls,`
	for _, a := range m.Arms {
		a.Last[0] = 1 // want `state`
	}
	step := m.tick
	step()
	fmt.Sscanf("3", "%d", &m.Count) // want `state`
	_ = fmt.Sprint(speaker{m})      // its method is reported
	sort.Sort(byPulls(m.List))      // want `state`
	own := vertex{trial: v.Incumbent, unit: []float64{1}}
	own.trial.Point[0] = 1 // want `parameter v points to`
	moved := own
	moved.trial.Point[0] = 1 // want `parameter v points to`
	several := []vertex{own}
	several[0].trial.Point[0] = 1 // want `parameter v points to`
	for a := range m.each() {
		a.Pulls++      // want `a function literal in \(\*M\).Propose, which Propose calls, changes the mechanism's state`
		m.Count += 100 // want `changes the mechanism's state \(m.Count\)`
	}
	return mechanisms.Proposal{Point: v.Incumbent.Point}, nil
}

type vertex struct {
	trial mechanisms.Trial
	unit  []float64
}

// each yields pointers into the state.
func (m *M) each() func(yield func(*arm) bool) {
	return func(yield func(*arm) bool) {
		for i := range m.List {
			if !yield(&m.List[i]) {
				return
			}
		}
	}
}

type speaker struct{ m *M }

func (s speaker) String() string {
	s.m.Count++ // want `\(speaker\).String, which Propose calls, changes the mechanism's state`
	return ""
}

type byPulls []arm

func (b byPulls) Len() int           { return len(b) }
func (b byPulls) Less(i, j int) bool { return b[i].Pulls < b[j].Pulls }
func (b byPulls) Swap(i, j int)      { b[i], b[j] = b[j], b[i] } // want `\(byPulls\).Swap, which Propose calls, changes` `\(byPulls\).Swap`

type candidate struct{ point mechanisms.Point }

type holder struct{ list []mechanisms.Trial }

func (h *holder) clean() {
	h.list[0].Why = "" // want `\(\*holder\).clean, which Propose calls, changes what its parameter v points to`
}

func (m *M) note(name string) {
	a := m.Arms[name]
	a.Pulls++
	m.Arms[name] = a // want `\(\*M\).note, which Propose calls, changes the mechanism's state \(m.Arms\)`
}

func (m *M) tick() {
	m.Count++ // want `\(\*M\).tick, which Propose calls, changes`
}

func fill(x []float64) {
	for i := range x {
		x[i] = 1 // want `fill, which Propose calls, changes the mechanism's state`
	}
}

func each(list []arm, f func(*arm)) {
	for i := range list {
		f(&list[i])
	}
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	t.Point[0] = 1 // want `Accept changes what its parameter t points to`
	m.Best = t     // want `Accept changes the mechanism's state \(m.Best\)`
	return true
}

func (m *M) Observe(t mechanisms.Trial) { m.Count++ }

func (m *M) Prune(v mechanisms.View, p mechanisms.Proposal, curve []mechanisms.Sample) bool {
	curve[0].BPB = 1 // want `Prune changes what its parameter curve points to`
	return false
}
