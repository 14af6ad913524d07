package good

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sort"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct {
	Count  int
	Scores []float64
	Arms   map[string]arm
	Best   mechanisms.Trial
	Grid   [4]int
}

type arm struct {
	Pulls int
	Last  mechanisms.Point
}

func New() *M { return &M{} }

type candidate struct {
	point mechanisms.Point
	score float64
	notes []string
}

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	p := v.Incumbent.Point.Clone()
	p[0] = 1
	q := append(mechanisms.Point(nil), v.Incumbent.Point...)
	q[0]++
	r := make(mechanisms.Point, len(p))
	copy(r, v.Best().Point)
	scores := slices.Clone(m.Scores)
	slices.Sort(scores)
	arms := maps.Clone(m.Arms)
	arms["x"] = arm{}
	perm := v.Rand.Perm(len(p))
	slices.Reverse(perm)
	v.Rand.Shuffle(len(p), func(i, j int) { p[i], p[j] = p[j], p[i] })
	grid := m.Grid
	grid[2] = 3
	copied := *m
	copied.Count = 7
	v.Seq = 3
	trials := v.Trials
	trials = append(trials, mechanisms.Trial{})
	free := v.Free()
	sort.Slice(free, func(i, j int) bool { return m.Scores[free[i]] < m.Scores[free[j]] })
	var all []candidate
	for _, t := range trials {
		c := candidate{point: t.Point, score: t.BPB}
		c.score *= 2
		c.notes = append(c.notes, fmt.Sprint(t.Seq))
		all = append(all, c)
	}
	slices.SortFunc(all, func(a, b candidate) int { return int(a.score - b.score) })
	all[0].score = m.helper(p)
	vertices := []vertex{{trial: v.Incumbent, unit: make([]float64, len(p))}}
	for _, t := range v.Trials {
		x := vertex{trial: t, unit: make([]float64, len(t.Point))}
		for i := range x.unit {
			x.unit[i] = t.Point[i]
		}
		vertices = append(vertices, x)
	}
	vertices[0].unit[0] = 1
	for _, x := range vertices {
		x.unit[0] = 2
	}
	sort.Sort(byUnit(vertices))
	count := 0
	fmt.Sscanf("3", "%d", &count)
	for i := range counted(3) {
		count += i
	}
	box := &boxed{}
	box.fill(v.Space.Default())
	next, ok := v.Fresh(10, func() mechanisms.Point { return v.Nudge(p, 0, 0.1) })
	if ok {
		next[0] = box.held[0]
	}
	answer, err := v.Suggest(ctx, mechanisms.Hint{From: m.Best.Point})
	if err == nil {
		answer.Why = "mine"
		answer.Point[0] = p[0]
	}
	return answer, err
}

type vertex struct {
	trial mechanisms.Trial
	unit  []float64
}

type byUnit []vertex

func (b byUnit) Len() int           { return len(b) }
func (b byUnit) Less(i, j int) bool { return b[i].unit[0] < b[j].unit[0] }
func (b byUnit) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func counted(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

type boxed struct{ held mechanisms.Point }

func (b *boxed) fill(p mechanisms.Point) {
	b.held = p
	b.held[0] = 2
}

// helper fills memory of its own.
func (m *M) helper(p mechanisms.Point) float64 {
	sum := make([]float64, len(p))
	for i := range p {
		sum[i] += p[i] * float64(m.Count)
	}
	fill(sum)
	return sum[0]
}

func fill(x []float64) {
	for i := range x {
		x[i] = 1
	}
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	t.BPB = 3
	return t.Better(v.Incumbent)
}

func (m *M) Observe(t mechanisms.Trial) {
	m.Count++
	m.learn(t)
}

func (m *M) learn(t mechanisms.Trial) {
	m.Scores = append(m.Scores, t.BPB)
	m.Arms["x"] = arm{Last: t.Point}
}

func (m *M) Prune(v mechanisms.View, p mechanisms.Proposal, curve []mechanisms.Sample) bool {
	last := curve[len(curve)-1]
	last.BPB++
	return last.BPB > 3
}
