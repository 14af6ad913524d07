package gen

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// benchPatience is what a benchmark may take, in times of Options.Limit of processor time: some hundred searches, where
// a rehearsal is one.
const benchPatience = 12

// A Benchmark is how well the mechanisms of a runner search synthetic surfaces.
type Benchmark struct {
	Current Measurement  `json:"current"`
	Shadow  *Measurement `json:"shadow,omitempty"` // the mechanism it replaced
}

// A Measurement is of one mechanism.
type Measurement struct {
	Name        string             `json:"name"`
	Fingerprint string             `json:"fingerprint"` // of its decisions in the conformance kit
	Figures     []surfaces.Figures `json:"figures"`     // in the order of the families asked for
}

// Benchmark measures the mechanisms that are compiled into a runner. The error is a *child.Failure when the runner did
// not finish, which is the mechanism's fault.
func (p *Pipeline) Benchmark(ctx context.Context, runner build.Binary, o surfaces.Order) (Benchmark, error) {
	in, err := json.Marshal(o)
	if err != nil {
		return Benchmark{}, err
	}
	cpu := benchPatience * p.limit
	res, err := child.Run(ctx, child.Command{
		Path: runner.Path, Args: []string{"bench"}, Dir: "/", Env: []string{}, Stdin: in, Limit: runPatience * cpu, MaxCPU: cpu, MaxOutput: runOutput, MaxMemory: runMemory,
	})
	if err != nil {
		return Benchmark{}, err
	}
	var b Benchmark
	if err := json.Unmarshal(res.Stdout, &b); err != nil {
		return Benchmark{}, fmt.Errorf("benchmark: the runner answered with something that is not its answer: %w", err)
	}
	return b, nil
}
