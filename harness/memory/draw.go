package memory

import (
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Drawn is a lesson of one run with the trials that it rests on. Trials are named by their Seq in that run.
type Drawn struct {
	mechanisms.Lesson
	Supports    []int `json:"supports"`
	Contradicts []int `json:"contradicts,omitempty"`
	// Weights of the trials: a trial of k independent changes counts 1/k for each of them.
	For     float64 `json:"for"`
	Against float64 `json:"against,omitempty"`

	verdict verdict
}

// Beyond returns the least difference of two trials, in bits per byte, that is not put down to chance: two standard
// deviations of a difference, each side of which has the noise (a standard deviation, 0 for deterministic trials), or what a
// mere change of the seed does where that is more, since a lesson is for other seeds: SeedShare of the baseline, whose unit
// is the result's. Deterministic trials thus have a noise of 0 and a Beyond of 0.0042 of the baseline.
func Beyond(noise, baseline float64) float64 {
	return 2 * math.Sqrt2 * max(noise, SeedShare*math.Abs(baseline))
}

// SeedShare is the standard deviation over seeds as a share of the value. It was measured at the default points of two sizes,
// over three seeds each: 0.0022 of 2.4574 bits per byte at the default size (kernels/README.md), a share of 0.0009; and 4.2908,
// 4.2807 and 4.2927 at the size tiny, a share of 0.0015. Three seeds tell a deviation to about half of it, and other sizes and
// budgets were not measured, so the larger holds for all: a lesson that is missed costs less than one that is wrong.
const SeedShare = 0.0015

// Draw returns the lessons of a run by rule: for each parameter and direction whether it helped or hurt, by how much, and by
// which trials. They come in the order of the space, and depend on nothing but the arguments.
//
// A trial is held against the incumbent of its time, and its difference is shared equally among its independent changes:
// parameters that a constraint ties together are one. A change helped where its share is lower by more than Beyond, and hurt
// where it is higher by more, or where training failed for what the point is after at most mostBlamed changes. The effect is
// the mean of the shares over the supporting trials, each weighted by 1 over the number of changes.
func Draw(s mechanisms.Space, trials []mechanisms.Trial, noise float64) []Drawn {
	if len(trials) == 0 || !trials[0].OK() {
		return nil
	}
	all := movesOf(s, trials, Beyond(noise, trials[0].BPB))
	var lessons []Drawn
	for i, p := range s.Params {
		for _, to := range ways(p, all[i]) {
			if d, ok := judge(p, to, all[i]); ok {
				lessons = append(lessons, d)
			}
		}
		if d, ok := inert(p, all[i]); ok {
			lessons = append(lessons, d)
		}
	}
	return lessons
}

// Confidence weighs evidence for and against: for / (for + against + 2), in [0, 1). It is the mean of a Beta distribution that
// begins with two doubts and no credit, so that one trial alone is worth a third and no evidence nothing.
func Confidence(support, against float64) float64 { return support / (support + against + 2) }

// A way is what moves of one parameter have in common: their direction, or of a Choice the label they go to.
type way struct {
	direction int
	label     float64
}

// ways returns those that occur, downward first, labels in their order.
func ways(p mechanisms.Param, moves []move) []way {
	var all []way
	for _, m := range moves {
		if w := wayOf(p, m); !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, func(a, b way) int {
		if a.direction != b.direction {
			return a.direction - b.direction
		}
		return int(a.label - b.label)
	})
	return all
}

func wayOf(p mechanisms.Param, m move) way {
	if p.Kind == mechanisms.Choice {
		return way{label: m.to}
	}
	return way{direction: p.Direction(m.from, m.to)}
}

// judge makes the lesson of one way: that it helped where more weight says so, that it hurt where more says that. A move that
// hurt further out than every move that helped marks how far the way goes; it does not contradict that it helped.
func judge(p mechanisms.Param, w way, moves []move) (Drawn, bool) {
	far, found := reach(p, w, moves)
	good, bad := Drawn{}, Drawn{}
	var gain, loss float64
	for _, m := range moves {
		if wayOf(p, m) != w {
			continue
		}
		beyond := found && further(w, m.to, far)
		switch {
		case m.verdict == helped:
			good.add(m)
			gain += m.change * m.weight
		case m.verdict == hurt && beyond:
			bad.add(m)
			loss += m.change * m.weight
		case m.verdict == hurt:
			good.contradict(m)
			bad.add(m)
			loss += m.change * m.weight
		}
	}
	if good.For > 0 && good.For >= good.Against {
		good.verdict = helped
		good.Lesson = mechanisms.Lesson{
			Param: p.Name, Direction: w.direction, Effect: gain / good.For, Confidence: Confidence(good.For, good.Against), Text: helpedWords(p, w, far, moves),
		}
		return good, true
	}
	if bad.For == 0 {
		return Drawn{}, false
	}
	bad.verdict = hurt
	bad.Contradicts = append(bad.Contradicts, good.Supports...)
	bad.Against = good.For
	bad.Lesson = mechanisms.Lesson{Param: p.Name, Effect: loss / bad.For, Confidence: Confidence(bad.For, bad.Against), Text: hurtWords(p, w, moves)}
	return bad, true
}

// reach is the value furthest out that a way helped to reach.
func reach(p mechanisms.Param, w way, moves []move) (far float64, found bool) {
	for _, m := range moves {
		if m.verdict == helped && wayOf(p, m) == w && (!found || further(w, m.to, far)) {
			far, found = m.to, true
		}
	}
	return far, found
}

func (d *Drawn) add(m move) {
	d.Supports = append(d.Supports, m.seq)
	d.For += m.weight
}

func (d *Drawn) contradict(m move) {
	d.Contradicts = append(d.Contradicts, m.seq)
	d.Against += m.weight
}

// enough is how many moves of a parameter, by weight, must all have done nothing before it is called without effect.
const enough = 2

// inert makes the lesson that a parameter does nothing, where several moves of it did nothing and none did anything.
func inert(p mechanisms.Param, moves []move) (Drawn, bool) {
	d := Drawn{}
	for _, m := range moves {
		switch m.verdict {
		case nothing:
			d.add(m)
		case helped, hurt:
			return d, false
		}
	}
	if d.For < enough {
		return d, false
	}
	d.Lesson = mechanisms.Lesson{Param: p.Name, Confidence: Confidence(d.For, 0), Text: "Changes made no difference beyond chance."}
	return d, true
}
