package mechtest

import (
	"slices"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A scenario is one short search: what is searched, what goes wrong, and how many trials run at a time.
type scenario struct {
	name, doc string
	space     mechanisms.Space
	frozen    []string
	shifting  bool // what is frozen changes every five trials, as level 1.5 has it
	trials    int
	parallel  int  // trials running side by side
	failing   bool // every third trial ends without a value, in each of the ways there are
	mute      bool // every second call of Suggest errs, and every call of each fifth trial
	twice     bool // the search is run a second time and must take the same way
	inherited int  // trials of other mechanisms that are observed before the first decision
}

// scenarios lists the searches. They differ in one thing each, so that a finding tells where to look.
func scenarios() []scenario {
	return []scenario{
		{name: "gpt", doc: "13 parameters with a divisibility constraint", space: gpt(), trials: 32, parallel: 1, twice: true},
		{name: "reals", doc: "three real parameters, one logarithmic", space: reals(), trials: 10, parallel: 1},
		{name: "long", doc: "twice the trials of a usual run", space: reals(), trials: 60, parallel: 2},
		{name: "steps", doc: "powers of two, whole numbers, choices and a parameter with one value, 72 points in all", space: steps(), trials: 20, parallel: 1},
		{name: "one", doc: "all parameters frozen but one", space: gpt(), frozen: except(gpt(), "MATRIX_LR"), trials: 12, parallel: 1},
		{name: "exhausted", doc: "four points in all, so that soon all have been tried", space: gpt(), frozen: except(gpt(), "DEVICE_BATCH_SIZE"), trials: 8, parallel: 1},
		{name: "four", doc: "all parameters frozen but four", space: gpt(), frozen: except(gpt(), "MATRIX_LR", "WINDOW_PATTERN", "DEPTH", "TOTAL_BATCH_SIZE"), trials: 14, parallel: 1},
		{name: "shifting", doc: "every five trials other parameters are frozen", space: gpt(), shifting: true, trials: 20, parallel: 1},
		{name: "failures", doc: "every third trial ends without a value", space: gpt(), trials: 24, parallel: 1, failing: true},
		{name: "parallel", doc: "four trials run side by side and results come late", space: gpt(), trials: 24, parallel: 4},
		{name: "mute", doc: "every second call of Suggest returns an error, and every call of each fifth trial", space: gpt(), trials: 14, parallel: 1, mute: true},
		{name: "takeover", doc: "12 trials of another mechanism, some without a value or a usable point, come first", space: gpt(), trials: 12, parallel: 2, inherited: 12, twice: true},
	}
}

// steered returns the names that are frozen when trial seq is proposed, sorted.
func (s scenario) steered(seq int) []string {
	if !s.shifting || seq/5%3 == 0 {
		return s.frozen
	}
	var frozen []string
	for i, name := range s.space.Names() {
		if i%2 == seq/5%3-1 {
			frozen = append(frozen, name)
		}
	}
	slices.Sort(frozen)
	return frozen
}

// except returns all names of a space but the given.
func except(s mechanisms.Space, free ...string) []string {
	var frozen []string
	for _, n := range s.Names() {
		if !slices.Contains(free, n) {
			frozen = append(frozen, n)
		}
	}
	slices.Sort(frozen)
	return frozen
}

// gpt is shaped like the space of the GPT task. It is written out here so that conformance does not move with the task.
func gpt() mechanisms.Space {
	return mechanisms.Space{
		Name: "conformance-gpt",
		Params: []mechanisms.Param{
			{Name: "DEPTH", Kind: mechanisms.Int, Min: 1, Max: 6, Default: 2},
			{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 3, Choices: []string{"SSSL", "SSLL", "LLLL", "SSSS"}},
			{Name: "TOTAL_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 1024, Max: 32768, Default: 8192, Unit: "tokens"},
			{Name: "DEVICE_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 4, Max: 32, Default: 8, Unit: "sequences"},
			{Name: "EMBEDDING_LR", Kind: mechanisms.Float, Min: 0.01, Max: 2, Default: 0.6, Log: true},
			{Name: "UNEMBEDDING_LR", Kind: mechanisms.Float, Min: 0.0005, Max: 0.05, Default: 0.004, Log: true},
			{Name: "MATRIX_LR", Kind: mechanisms.Float, Min: 0.005, Max: 0.2, Default: 0.04, Log: true},
			{Name: "SCALAR_LR", Kind: mechanisms.Float, Min: 0.05, Max: 2, Default: 0.5, Log: true},
			{Name: "WEIGHT_DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
			{Name: "ADAM_BETA1", Kind: mechanisms.Float, Min: 0, Max: 0.99, Default: 0.8},
			{Name: "WARMUP_RATIO", Kind: mechanisms.Float, Min: 0, Max: 0.3, Default: 0},
			{Name: "WARMDOWN_RATIO", Kind: mechanisms.Float, Min: 0.1, Max: 0.8, Default: 0.5},
			{Name: "FINAL_LR_FRAC", Kind: mechanisms.Float, Min: 0, Max: 0.2, Default: 0},
		},
		Constraints: []mechanisms.Constraint{{Left: []string{"TOTAL_BATCH_SIZE"}, Right: []string{"DEVICE_BATCH_SIZE"}, Factor: 128, Multiple: true,
			Why: "a step is a whole number of micro-batches of 128 tokens a sequence"}},
	}
}

func reals() mechanisms.Space {
	return mechanisms.Space{Name: "conformance-reals", Params: []mechanisms.Param{
		{Name: "RATE", Kind: mechanisms.Float, Min: 1e-5, Max: 1, Default: 0.01, Log: true},
		{Name: "SHARE", Kind: mechanisms.Float, Min: 0, Max: 1, Default: 0},
		{Name: "OFFSET", Kind: mechanisms.Float, Min: -5, Max: 10, Default: 10},
	}}
}

func steps() mechanisms.Space {
	return mechanisms.Space{Name: "conformance-steps", Params: []mechanisms.Param{
		{Name: "WIDTH", Kind: mechanisms.Pow2, Min: 16, Max: 128, Default: 128},
		{Name: "SHAPE", Kind: mechanisms.Choice, Max: 2, Choices: []string{"flat", "deep", "wide"}},
		{Name: "LAYERS", Kind: mechanisms.Int, Min: 1, Max: 3, Default: 2},
		{Name: "FIXED", Kind: mechanisms.Int, Min: 3, Max: 3, Default: 3},
		{Name: "TIED", Kind: mechanisms.Choice, Max: 1, Choices: []string{"no", "yes"}},
	}}
}
