package gen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"runtime"
	"slices"
	"sync"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/wrap"
)

// buildAll builds runners that carry the pairs asked for: one for all, but for those that the compiler refuses and those
// that cannot be in one runner.
func (p *Pipeline) buildAll(ctx context.Context, all []*request) {
	for len(all) > 0 {
		var together, later []*request
		for _, q := range all {
			if slices.ContainsFunc(together, func(o *request) bool { return clash(o.pair, q.pair) }) {
				later = append(later, q)
			} else {
				together = append(together, q)
			}
		}
		p.buildTogether(ctx, together)
		all = later
	}
}

// clash reports whether two pairs hold different things of one name.
func clash(a, b wrap.Pair) bool {
	for _, m := range []wrap.Mechanism{a.Current, a.Shadow} {
		for _, o := range []wrap.Mechanism{b.Current, b.Shadow} {
			if m.Name == o.Name && m.Hash != o.Hash {
				return true
			}
		}
	}
	return same(a, b) && !bytes.Equal(a.Current.Provenance, b.Current.Provenance)
}

// same reports whether two pairs are chosen by the same names.
func same(a, b wrap.Pair) bool {
	return a.Current.Name == b.Current.Name && a.Shadow.Name == b.Shadow.Name
}

// buildTogether builds pairs that do not clash. What the compiler refuses is built by itself, so that its words are those it
// has for a runner with nothing else in it.
func (p *Pipeline) buildTogether(ctx context.Context, all []*request) {
	var pairs []wrap.Pair
	for _, q := range all {
		if !slices.ContainsFunc(pairs, func(o wrap.Pair) bool { return same(o, q.pair) }) {
			pairs = append(pairs, q.pair)
		}
	}
	binary, err := p.buildPairs(ctx, pairs)
	refused, ok := errors.AsType[*build.CompileError](err)
	if !ok || len(pairs) == 1 {
		for _, q := range all {
			q.binary, q.err = binary, err
		}
		return
	}
	var passed []*request
	for _, q := range all {
		if guilty(q.pair, refused.Dirs) {
			p.buildTogether(ctx, []*request{q})
		} else {
			passed = append(passed, q)
		}
	}
	if len(passed) > 0 {
		p.buildTogether(ctx, passed)
	}
}

// guilty reports whether the compiler refused a package of the pair; all are to be looked at where it named none.
func guilty(p wrap.Pair, dirs []string) bool {
	return len(dirs) == 0 || slices.ContainsFunc(dirs, func(dir string) bool {
		return path.Base(dir) == p.Current.Name || path.Base(dir) == p.Shadow.Name
	})
}

func (p *Pipeline) buildPairs(ctx context.Context, pairs []wrap.Pair) (build.Binary, error) {
	overlay, err := wrap.Overlay(pairs...)
	if err != nil {
		return build.Binary{}, err
	}
	return p.builder.Build(ctx, build.Target{Package: wrap.Runner, Overlay: overlay})
}

// A trial is a verb of a mechanism that a new runner carries.
type trial struct {
	runner build.Binary
	verb   string
	pair   wrap.Pair
	in     []byte
	times  int // that the same was asked before in the same question: a second answer must come of a second process
}

// key identifies what is asked, of whichever runner that carries the pair.
func (t trial) key() string {
	return fmt.Sprintf("%s %s %s %s %s %d %s", t.pair.Current.Name, t.pair.Current.Hash, t.pair.Shadow.Name, t.pair.Shadow.Hash, t.verb, t.times, hashOf(t.in))
}

// names says on a runner's command line which of its mechanisms is meant.
func (t trial) names() []string {
	if t.pair.Shadow.Name == "" {
		return []string{t.pair.Current.Name}
	}
	return []string{t.pair.Current.Name, t.pair.Shadow.Name}
}

// How many trials a process makes: fewer are not worth starting another, which costs some milliseconds, and with more the
// bound of processor time, which is that of one, would end processes whose mechanisms are in order.
const (
	leastInProcess = 4
	mostInProcess  = 32
)

// tryAll answers trials, in as many processes at a time as there are processors.
func (p *Pipeline) tryAll(ctx context.Context, all []*request) {
	type process struct {
		runner string
		times  int // what is asked twice is asked in two
	}
	apart := map[process][]*request{}
	for _, q := range all {
		p := process{q.trial.runner.Path, q.trial.times}
		apart[p] = append(apart[p], q)
	}
	slots := make(chan struct{}, max(2, runtime.GOMAXPROCS(0))) // a source by itself asks for two at once
	var wait sync.WaitGroup
	for _, of := range apart {
		size := min(max(leastInProcess, (len(of)+runtime.GOMAXPROCS(0)-1)/runtime.GOMAXPROCS(0)), mostInProcess)
		for part := range slices.Chunk(of, size) {
			slots <- struct{}{}
			wait.Go(func() {
				defer func() { <-slots }()
				p.inTurn(ctx, part)
			})
		}
	}
	wait.Wait()
}

// inTurn answers trials of one runner in one process, as far as they end as they should; every other is made by itself, and
// so is answered as if it had always been. The bounds of the process are those of one trial: whatever passes here would
// have passed by itself, and what ends the process before anything else was tried in it need not be tried again.
func (p *Pipeline) inTurn(ctx context.Context, all []*request) {
	for len(all) > 1 {
		answers, res, err := p.each(ctx, all)
		if err != nil && len(res.Stdout) == 0 && len(res.Stderr) <= runOutput {
			all[0].result, all[0].err = res, err
			all = all[1:]
			continue
		}
		for i, a := range answers {
			if a.Failed || len(a.Out) > runOutput {
				p.byItself(ctx, all[i])
			} else {
				all[i].result = child.Result{Stdout: a.Out}
			}
		}
		if all = all[len(answers):]; len(all) > 0 { // the process ended at this one
			p.byItself(ctx, all[0])
			all = all[1:]
		}
	}
	if len(all) == 1 {
		p.byItself(ctx, all[0])
	}
}

// byItself runs one verb of a runner in a process of its own.
func (p *Pipeline) byItself(ctx context.Context, q *request) {
	t := q.trial
	q.result, q.err = child.Run(ctx, p.command(t.runner, append([]string{t.verb}, t.names()...), t.in, runOutput))
}

// An answer is a runner's, in the form of harness/loop.
type answer struct {
	Out    []byte `json:"out"`
	Failed bool   `json:"failed"`
}

// each asks a runner for trials in turn and returns the answers there are before it ended, and how it ended.
func (p *Pipeline) each(ctx context.Context, all []*request) (got []answer, res child.Result, err error) {
	var in bytes.Buffer
	orders := json.NewEncoder(&in)
	for _, q := range all {
		order := struct {
			Verb  string   `json:"verb"`
			Names []string `json:"names"`
			In    []byte   `json:"in,omitempty"`
		}{q.trial.verb, q.trial.names(), q.trial.in}
		if err := orders.Encode(order); err != nil {
			panic(err) // strings and bytes
		}
	}
	res, err = child.Run(ctx, p.command(all[0].trial.runner, []string{"each"}, in.Bytes(), 2*runOutput*len(all)))
	for line := range bytes.Lines(res.Stdout) {
		var a answer
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		if !bytes.HasSuffix(line, []byte("\n")) || d.Decode(&a) != nil || len(got) == len(all) {
			break // cut off, or a mechanism wrote it
		}
		got = append(got, a)
	}
	return got, res, err
}

// command is a contained run of a new runner. It decides in one goroutine: on one processor Go's runtime spends a fifth less on
// looking for others and on collecting garbage beside it.
func (p *Pipeline) command(runner build.Binary, args []string, in []byte, output int) child.Command {
	return child.Command{
		Path: runner.Path, Args: args, Within: p.within, Dir: "/", Env: []string{"GOMAXPROCS=1"}, Stdin: in,
		Limit: runPatience * p.limit, MaxCPU: p.limit, MaxOutput: output, MaxMemory: runMemory,
	}
}
