package simulated_test

import (
	"math"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// gptSpace has the names, kinds and ranges of the GPT task.
func gptSpace() mechanisms.Space {
	rate := func(name string, lo, hi, def float64) mechanisms.Param {
		return mechanisms.Param{Name: name, Kind: mechanisms.Float, Min: lo, Max: hi, Default: def, Log: true}
	}
	share := func(name string, lo, hi, def float64) mechanisms.Param {
		return mechanisms.Param{Name: name, Kind: mechanisms.Float, Min: lo, Max: hi, Default: def}
	}
	pow2 := func(name string, lo, hi, def float64) mechanisms.Param {
		return mechanisms.Param{Name: name, Kind: mechanisms.Pow2, Min: lo, Max: hi, Default: def}
	}
	patterns := []string{"SSSL", "SSLL", "SLSL", "LLLL", "SSSS", "LSSL"}
	return mechanisms.Space{
		Name: "gpt",
		Params: []mechanisms.Param{
			{Name: "DEPTH", Kind: mechanisms.Int, Min: 1, Max: 8, Default: 2},
			pow2("HEAD_DIM", 16, 64, 32),
			{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 5, Choices: patterns},
			pow2("TOTAL_BATCH_SIZE", 1024, 65536, 8192),
			pow2("DEVICE_BATCH_SIZE", 1, 64, 8),
			rate("EMBEDDING_LR", 0.01, 2, 0.6),
			rate("UNEMBEDDING_LR", 5e-4, 0.05, 0.004),
			rate("MATRIX_LR", 0.005, 0.2, 0.04),
			rate("SCALAR_LR", 0.05, 2, 0.5),
			share("WEIGHT_DECAY", 0, 0.5, 0.2),
			share("ADAM_BETA1", 0, 0.99, 0.8),
			share("ADAM_BETA2", 0, 0.999, 0.95),
			share("WARMUP_RATIO", 0, 0.3, 0),
			share("WARMDOWN_RATIO", 0.1, 0.8, 0.5),
			share("FINAL_LR_FRAC", 0, 0.2, 0),
		},
		Constraints: []mechanisms.Constraint{{
			Left: []string{"TOTAL_BATCH_SIZE"}, Right: []string{"DEVICE_BATCH_SIZE"}, Factor: 128, Multiple: true,
			Why: "a step is made of whole micro-batches",
		}},
	}
}

// otherSpace has names that no table knows.
func otherSpace() mechanisms.Space {
	return mechanisms.Space{
		Name: "other",
		Params: []mechanisms.Param{
			{Name: "alpha", Kind: mechanisms.Float, Min: 1e-4, Max: 1, Default: 0.01, Log: true},
			{Name: "beta", Kind: mechanisms.Float, Min: -1, Max: 1, Default: 0},
			{Name: "gamma", Kind: mechanisms.Int, Min: 1, Max: 9, Default: 4},
			{Name: "delta", Kind: mechanisms.Pow2, Min: 2, Max: 256, Default: 16},
			{Name: "mode", Kind: mechanisms.Choice, Max: 2, Choices: []string{"a", "b", "c"}},
		},
	}
}

// bowl is a value with its best point two thirds up every range: most habits lead away from it.
func bowl(s mechanisms.Space, p mechanisms.Point) float64 {
	v := 2.0
	for i, q := range s.Params {
		d := q.Unit01(p[i]) - 2.0/3
		v += 0.1 * d * d
	}
	return v
}

// view is a run before its first proposal.
func view(s mechanisms.Space, seed uint64) wire.View {
	base := mechanisms.Trial{Point: s.Default(), Status: mechanisms.Complete, Kept: true, By: "default"}
	base.BPB = bowl(s, base.Point)
	return wire.View{RunSeed: seed, Space: s, Trials: []mechanisms.Trial{base}, Parallel: 1, Limit: 100}
}

// add trains p greedily and records the trial.
func add(v *wire.View, p mechanisms.Point, status mechanisms.Status) mechanisms.Trial {
	t := mechanisms.Trial{Seq: len(v.Trials), Point: p, Status: status, BPB: math.NaN(), By: "model"}
	if t.OK() {
		t.BPB = bowl(v.Space, p)
		t.Kept = t.BPB < v.Trials[v.Incumbent].BPB
	}
	v.Trials = append(v.Trials, t)
	if t.Kept {
		v.Incumbent = t.Seq
	}
	return t
}
