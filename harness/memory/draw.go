package memory

import (
	"fmt"
	"math"
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Drawn is a lesson of one run with the trials that it rests on. Trials are named by their Seq in that run.
type Drawn struct {
	mechanisms.Lesson
	Supports    []int `json:"supports"`
	Contradicts []int `json:"contradicts,omitempty"`
	// Weights of the trials: a trial that changed k parameters counts 1/k for each of them.
	For     float64 `json:"for"`
	Against float64 `json:"against,omitempty"`
}

// Beyond returns the least difference of two trials, in bits per byte, that is not put down to chance: two standard
// deviations of a difference, each side of which has the noise (a standard deviation, 0 for deterministic trials), or what a
// mere change of the seed does where that is more, since a lesson is for other seeds: seedShare of the baseline.
func Beyond(noise, baseline float64) float64 {
	return 2 * math.Sqrt2 * max(noise, seedShare*math.Abs(baseline))
}

// seedShare is the standard deviation over seeds as a share of the value: 0.0022 of 2.4574 bits per byte at the default point
// of the default task, over three seeds (kernels/README.md).
const seedShare = 0.0009

// Draw returns the lessons of a run by rule: for each parameter and direction whether it helped or hurt, by how much, and by
// which trials. They come in the order of the space, and depend on nothing but the arguments.
//
// A trial is held against the incumbent of its time. It helped where its value is lower by more than Beyond, hurt where it is
// higher by more, or where training failed for what the point is. The effect is the mean over the supporting trials of
// their difference, each divided by the number of parameters it changed and weighted likewise.
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

// Lessons returns what a mechanism is told of drawn lessons: their confidence from this run's trials alone.
func Lessons(drawn []Drawn) []mechanisms.Lesson {
	var told []mechanisms.Lesson
	for _, d := range drawn {
		told = append(told, d.Lesson)
	}
	return told
}

// Confidence weighs evidence for and against: for / (for + against + 2), in [0, 1). It is the mean of a Beta distribution that
// begins with two doubts and no credit, so that one trial alone is worth a third and no evidence nothing.
func Confidence(support, against float64) float64 { return support / (support + against + 2) }

// A verdict says what a move did.
type verdict int

const (
	nothing verdict = iota // a difference within chance
	helped
	hurt
)

// A move is one trial as one of its changed parameters sees it.
type move struct {
	seq      int
	from, to float64 // values of the parameter
	weight   float64 // 1 over the number of parameters changed
	change   float64 // of bits per byte, the parameter's share; 0 where the trial failed
	verdict  verdict
	failed   mechanisms.Status // of a trial without a value; empty otherwise
}

// movesOf returns the moves of every parameter, in Seq order.
func movesOf(s mechanisms.Space, trials []mechanisms.Trial, beyond float64) [][]move {
	all := make([][]move, len(s.Params))
	before := mechanisms.Incumbents(trials)
	for k, t := range trials {
		changed := s.Changed(before[k].Point, t.Point)
		m := move{seq: t.Seq, weight: 1 / float64(max(1, len(changed)))}
		switch {
		case len(changed) == 0 || !before[k].OK():
			continue
		case t.OK():
			change := t.BPB - before[k].BPB
			m.change = change * m.weight
			if change < -beyond {
				m.verdict = helped
			} else if change > beyond {
				m.verdict = hurt
			}
		case pointsFault(t.Status):
			m.verdict, m.failed = hurt, t.Status
		default:
			continue
		}
		for _, i := range changed {
			m.from, m.to = before[k].Point[i], t.Point[i]
			all[i] = append(all[i], m)
		}
	}
	return all
}

// pointsFault reports whether a trial failed for what its point is, and not for what befell it.
func pointsFault(s mechanisms.Status) bool {
	return slices.Contains([]mechanisms.Status{mechanisms.Diverged, mechanisms.NotFinite, mechanisms.OutOfMem}, s)
}

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
	good, bad, past := Drawn{}, Drawn{}, 0.0
	var gain, loss float64
	for _, m := range moves {
		if wayOf(p, m) != w {
			continue
		}
		beyond := found && w.direction != 0 && float64(w.direction)*(m.to-far) > 0
		switch {
		case m.verdict == helped:
			good.add(m)
			gain += m.change * m.weight
		case m.verdict == hurt && beyond:
			past += m.weight
			bad.add(m)
			loss += m.change * m.weight
		case m.verdict == hurt:
			good.contradict(m)
			bad.add(m)
			loss += m.change * m.weight
		}
	}
	if good.For > 0 && good.For >= good.Against {
		good.Lesson = mechanisms.Lesson{
			Param: p.Name, Direction: w.direction, Effect: gain / good.For, Confidence: Confidence(good.For, good.Against), Text: helpedWords(p, w, far, past > 0),
		}
		return good, true
	}
	if bad.For == 0 {
		return Drawn{}, false
	}
	bad.Contradicts = append(bad.Contradicts, good.Supports...)
	bad.Against = good.For
	bad.Lesson = mechanisms.Lesson{Param: p.Name, Effect: loss / bad.For, Confidence: Confidence(bad.For, bad.Against), Text: hurtWords(p, w, moves)}
	return bad, true
}

// reach is the value furthest out that a way helped to reach.
func reach(p mechanisms.Param, w way, moves []move) (far float64, found bool) {
	for _, m := range moves {
		if m.verdict == helped && wayOf(p, m) == w && (!found || float64(w.direction)*(m.to-far) > 0) {
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
		if m.verdict != nothing {
			return d, false
		}
		d.add(m)
	}
	if d.For < enough {
		return d, false
	}
	d.Lesson = mechanisms.Lesson{Param: p.Name, Confidence: Confidence(d.For, 0), Text: "Changes made no difference beyond chance."}
	return d, true
}

func helpedWords(p mechanisms.Param, w way, far float64, past bool) string {
	if w.direction == 0 {
		return fmt.Sprintf("Changing it to %s helped.", p.Format(w.label))
	}
	text := fmt.Sprintf("%s it helped, as far as %s", verb(w), p.Format(far))
	if past {
		return text + "; further than that hurt."
	}
	return text + "; further was not tried or made no difference."
}

func hurtWords(p mechanisms.Param, w way, moves []move) string {
	least, failed, found := 0.0, mechanisms.Status(""), false
	for _, m := range moves {
		if m.verdict != hurt || wayOf(p, m) != w {
			continue
		}
		if !found || float64(w.direction)*(m.to-least) < 0 {
			least, failed, found = m.to, m.failed, true
		}
	}
	text := fmt.Sprintf("%s it hurt, already at %s", verb(w), p.Format(least))
	if w.direction == 0 {
		text = fmt.Sprintf("Changing it to %s hurt", p.Format(w.label))
	}
	if failed != "" {
		text += fmt.Sprintf(" (%s)", failed)
	}
	return text + "."
}

func verb(w way) string {
	if w.direction > 0 {
		return "Raising"
	}
	return "Lowering"
}
