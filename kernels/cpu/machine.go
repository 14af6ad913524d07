package cpu

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/cpu/vec"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// machine is a gpt.Machine.
type machine struct {
	backend *Backend
	model   gpt.Model
	plan    gpt.Plan
	memory  *memory
	workers []worker

	// What there is to do, and each kind as a function of worker and task for the pool, made once so that a step allocates
	// nothing.
	forward, train                                  []kernel // on a shard: evaluation, and a micro-batch
	scatters                                        []scatter
	updates                                         []update
	packs                                           []pack
	onForward, onTrain, onScatter, onUpdate, onPack func(worker, i int)

	// The micro-batch or evaluation under way: rows of T+1 tokens, and the nats of each target.
	rows      []int32
	sequences int
	nats      []float32

	pending   int // micro-batches since the last update
	losses    gpt.Losses
	trainNats []float32 // room for a micro-batch
	step      stepRates
	stale     bool // weights have changed since they were packed
}

// worker runs one task at a time on one core.
type worker struct {
	*machine
	scratch
	mul *mat.Unit
	vec vec.Unit
	// Of the pass in hand: its shard, whether it is the shard's first in this optimizer step, its tokens (inputs and targets),
	// and the place of the first token in the micro-batch.
	shard           int
	begins          bool
	count, first    int
	inputs, targets []int32
}

// kernel is an operation of the model compiled for a worker's shard.
type kernel interface{ run(w *worker) }

func newMachine(b *Backend, model gpt.Model, mem *memory) *machine {
	p := model.Plan
	m := &machine{backend: b, model: model, plan: p, memory: mem, trainNats: make([]float32, p.B*p.T)}
	cos, sin := gpt.Rope(p.T, p.HS)
	mem.rope = vec.Rotation{Cos: mat.Of(cos, p.T, p.HS/2), Sin: mat.Of(sin, p.T, p.HS/2)}
	tokens := passRows(p)
	for _, s := range mem.workers {
		m.workers = append(m.workers, worker{machine: m, scratch: s, mul: b.mul(), vec: b.vec(), inputs: make([]int32, tokens), targets: make([]int32, tokens)})
	}
	m.forward = compile(model.Forward)
	m.train = compile(append(append([]gpt.Op{}, model.Forward[:len(model.Forward)-1]...), model.Backward...))
	m.scatters = planScatters(model)
	m.updates = planUpdates(model)
	m.packs = planPacks(model)
	m.onTrain = func(w, i int) { m.workers[w].runShard(m.train, i) }
	m.onForward = func(w, i int) { m.workers[w].runShard(m.forward, i) }
	m.onScatter = func(w, i int) { m.scatters[i].run(&m.workers[w]) }
	m.onPack = func(w, i int) { m.packs[i].run(&m.workers[w]) }
	m.onUpdate = func(w, i int) { m.updates[i].run(&m.workers[w]) }
	return m
}

// runShard runs operations on one shard of the rows at hand, in passes.
func (w *worker) runShard(ops []kernel, shard int) {
	n, each := shards(w.sequences), passSequences(w.plan.T)
	from, to := shard*w.sequences/n, (shard+1)*w.sequences/n
	w.shard, w.begins = shard, w.pending == 0
	for ; from < to; from += each {
		w.pass(ops, from, min(from+each, to))
		w.begins = false
	}
}

// pass runs operations on sequences [from, to).
func (w *worker) pass(ops []kernel, from, to int) {
	T := w.plan.T
	w.first, w.count = from*T, (to-from)*T
	for i := range to - from {
		row := w.rows[(from+i)*(T+1) : (from+i+1)*(T+1)]
		copy(w.inputs[i*T:(i+1)*T], row[:T])
		copy(w.targets[i*T:(i+1)*T], row[1:])
	}
	for _, op := range ops {
		op.run(w)
	}
}

// of is the part of an activation that the pass in hand fills.
func (w *worker) of(t gpt.Tokens) mat.Matrix {
	m := w.tokens[t]
	return m.Slice(0, w.count, 0, m.Cols)
}

func (w *worker) weight(i gpt.W) mat.Matrix { return w.memory.weights[i] }

// gradient is the shard's own gradient of a weight. The first pass of a step sets it, later ones add.
func (w *worker) gradient(i gpt.W) (g mat.Matrix, add bool) {
	return w.memory.state[i].shards[w.shard], !w.begins
}

// Accumulate implements gpt.Machine.
func (m *machine) Accumulate(rows []int32) error {
	if want := m.plan.B * (m.plan.T + 1); len(rows) != want {
		return fmt.Errorf("cpu: accumulate: %d tokens, want %d", len(rows), want)
	}
	m.rows, m.nats, m.sequences = rows, m.trainNats, m.plan.B
	m.fresh()
	m.backend.pool.run(shards(m.sequences), m.onTrain)
	m.backend.pool.run(len(m.scatters), m.onScatter)
	m.losses.Add(rows, m.nats, m.plan.T, m.model.TokenBytes)
	m.pending++
	return nil
}

// Evaluate implements gpt.Machine.
func (m *machine) Evaluate(rows []int32, nats []float32) error {
	n := len(rows) / (m.plan.T + 1)
	if n < 1 || n > m.plan.B || n*(m.plan.T+1) != len(rows) || len(nats) != n*m.plan.T {
		return fmt.Errorf("cpu: evaluate: %d tokens and room for %d losses, want 1 to %d rows of %d", len(rows), len(nats), m.plan.B, m.plan.T+1)
	}
	m.rows, m.nats, m.sequences = rows, nats, n
	m.fresh()
	m.backend.pool.run(shards(n), m.onForward)
	return nil
}

// Update implements gpt.Machine.
func (m *machine) Update(s gpt.StepScalars) (gpt.Losses, error) {
	if m.pending == 0 {
		return gpt.Losses{}, fmt.Errorf("cpu: update: no micro-batch since the last update, want at least one")
	}
	m.step.set(s, m.model.Weights)
	m.backend.pool.run(len(m.updates), m.onUpdate)
	losses := m.losses
	m.losses, m.pending, m.stale = gpt.Losses{}, 0, true
	return losses, nil
}

// Write implements gpt.Machine.
func (m *machine) Write(w gpt.W, src []float32) error {
	m.stale = true
	return m.copy("write", w, src, m.weights(w).V, src)
}

// Read implements gpt.Machine.
func (m *machine) Read(w gpt.W, dst []float32) error {
	return m.copy("read", w, dst, dst, m.weights(w).V)
}

func (m *machine) weights(w gpt.W) mat.Matrix { return m.memory.weights[w] }

func (m *machine) copy(op string, w gpt.W, outside, dst, src []float32) error {
	if want := len(m.weights(w).V); len(outside) != want {
		return fmt.Errorf("cpu: %s %s: %d numbers, want %d", op, m.model.Weights[w].Name, len(outside), want)
	}
	copy(dst, src)
	return nil
}

// ReadGradient implements gpt.Machine.
func (m *machine) ReadGradient(w gpt.W, dst []float32) error {
	if err := m.copy("read gradient of", w, dst, nil, nil); err != nil {
		return err
	}
	if m.pending == 0 {
		clear(dst)
		return nil
	}
	m.memory.state[w].sum(m.backend.vec(), dst, 0)
	return nil
}

// Close implements gpt.Machine.
func (m *machine) Close() error {
	m.backend.open = false
	return nil
}
