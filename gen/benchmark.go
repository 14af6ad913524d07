package gen

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Benchmark is how well the mechanisms of a runner search synthetic surfaces.
type Benchmark struct {
	Current Measurement  `json:"current"`
	Shadow  *Measurement `json:"shadow,omitempty"` // the mechanism it replaced
}

// A Measurement is of one mechanism.
type Measurement struct {
	Name    string             `json:"name"`
	Figures []surfaces.Figures `json:"figures"` // in the order of the families asked for
}

// An UnmeasuredError is a runner that did not finish its benchmark.
type UnmeasuredError struct{ words string }

func (e *UnmeasuredError) Error() string { return "the runner with it did not finish: " + e.words }

// Benchmark measures the mechanisms that are compiled into a runner. The error is an *UnmeasuredError when the runner
// did not finish, which is the mechanism's fault.
func (p *Pipeline) Benchmark(ctx context.Context, runner build.Binary, o surfaces.Order) (Benchmark, error) {
	var all Benchmark
	for k, family := range o.Families {
		// A family at a time, so that one run of the binary is about as long as a run of the conformance kit.
		part, err := p.bench(ctx, runner, surfaces.Order{Families: []string{family}, Proposer: o.Proposer, Seeds: o.Seeds})
		if err != nil {
			return all, err
		}
		if k == 0 {
			all = part
			continue
		}
		all.Current.Figures = append(all.Current.Figures, part.Current.Figures...)
		if all.Shadow != nil && part.Shadow != nil {
			all.Shadow.Figures = append(all.Shadow.Figures, part.Shadow.Figures...)
		}
	}
	return all, nil
}

// bench runs the verb bench once, contained as in the gates.
func (p *Pipeline) bench(ctx context.Context, runner build.Binary, o surfaces.Order) (Benchmark, error) {
	in, err := json.Marshal(o)
	if err != nil {
		return Benchmark{}, err
	}
	res, err := child.Run(ctx, p.command(runner, []string{"bench"}, in, runOutput))
	if f, ok := errors.AsType[*child.Failure](err); ok {
		if len(p.within) > 0 && f.Status == child.NotStarted {
			return Benchmark{}, fmt.Errorf("the runner was not started, and its mechanism is not to blame: %w", err)
		}
		return Benchmark{}, &UnmeasuredError{death(f)}
	}
	if err != nil {
		return Benchmark{}, err
	}
	var b Benchmark
	if err := json.Unmarshal(res.Stdout, &b); err != nil {
		return Benchmark{}, fmt.Errorf("benchmark: the runner answered with something that is not its answer: %w", err)
	}
	return b, nil
}
