package simulated

import (
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Profile is a set of habits. A mechanism's worth depends on the proposer it corrects, so mechanisms are tested
// against all of them.
type Profile struct {
	Name    string
	Doc     string
	Step    float64 // scales every step that can be scaled
	Repeat  float64 // scales the probability of repeating a discarded proposal
	Uniform bool    // parameters and directions are drawn evenly, with no habit of staying
	Hostile bool    // its mechanisms misbehave, each cycle in another way
}

var profiles = []Profile{
	{Name: "rut", Doc: "stays on a few parameters, keeps their direction and repeats what failed", Step: 1, Repeat: 1},
	{Name: "micro", Doc: "the same with steps of a quarter", Step: 0.25, Repeat: 1},
	{Name: "unbiased", Doc: "even draws of parameter and direction, few repeats", Step: 1, Repeat: 0.15, Uniform: true},
	{Name: "hostile", Doc: "proposes like rut and writes mechanisms that misbehave, for tests of the guards", Step: 1, Repeat: 1, Hostile: true},
}

// Profiles returns every profile.
func Profiles() []Profile { return append([]Profile(nil), profiles...) }

// A habit is how often a parameter is drawn, how often upward, and how far it moves. The counts are of 360 published proposals
// of deepseek-chat and 866 of a 27B agent on karpathy/autoresearch.
type habit struct {
	names  string  // parts of names, any of which makes the habit apply; separated by spaces
	weight float64 // of the draw, relative to the others
	up     float64 // probability of going up
	factor float64 // one step up multiplies by it; 0 where the step is additive
	batch  bool    // the habits of the batch size apply
}

// The first whose name applies counts. UNEMBEDDING must stand before EMBEDDING, and DEVICE_BATCH before BATCH.
var habits = []habit{
	{names: "DEVICE_BATCH", weight: 0.01, up: 0.5, factor: 2},
	{names: "TOTAL_BATCH", weight: 0.08, up: 0.98, factor: 2, batch: true},
	{names: "WEIGHT_DECAY", weight: 0.35, up: 0.12, factor: 2},
	{names: "WINDOW_PATTERN", weight: 0.085, up: 0.5},
	{names: "HEAD_DIM", weight: 0.085, up: 0.2, factor: 2},
	{names: "UNEMBEDDING_LR", weight: 0.04, up: 0.75, factor: 1.3},
	{names: "EMBEDDING_LR", weight: 0.15, up: 0.15, factor: 2},
	{names: "SCALAR_LR", weight: 0.07, up: 0.64, factor: 1.3},
	{names: "MATRIX_LR", weight: 0.05, up: 0.6, factor: 1.3},
	{names: "WARMUP", weight: 0.03, up: 1},
	{names: "ADAM_BETA", weight: 0.02, up: 1},
	{names: "WARMDOWN FINAL_LR", weight: 0.01, up: 1},
	{names: "DEPTH", weight: 0.01, up: 0.95},
}

// habitOf returns the habit of a parameter; one of an unknown name is as rare as the rarest known, and goes either way.
func habitOf(p mechanisms.Param) habit {
	name := strings.ToUpper(p.Name)
	for _, h := range habits {
		for part := range strings.FieldsSeq(h.names) {
			if strings.Contains(name, part) {
				return h
			}
		}
	}
	h := habit{weight: 0.01, up: 0.5}
	switch {
	case p.Kind == mechanisms.Pow2:
		h.factor = 2
	case p.Log:
		h.factor = 1.3
	}
	return h
}

// additive is a step of a parameter that does not go by ratios, as a share of its range: 0.05 of a warm-up ratio up to 0.3
// is what models try first.
const additive = 1.0 / 6
