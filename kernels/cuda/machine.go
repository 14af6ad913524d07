//go:build cuda && linux && amd64

package cuda

import (
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// machine is a gpt.Machine.
type machine struct {
	*memory
	backend *Backend
	dev     *device
	model   gpt.Model
	plan    gpt.Plan

	train, update *driver.Program
	evaluate      map[int]*driver.Program // by number of sequences

	rows           []int32 // of the micro-batch under way, while its losses are not fetched
	starts, places []int32
	host           []float32 // nats of a micro-batch
	scalarsHost    []float32
	pending        int // micro-batches since the last update
	fetched        bool
	losses         gpt.Losses
}

func newMachine(b *Backend, model gpt.Model, mem *memory) (*machine, error) {
	p := model.Plan
	m := &machine{memory: mem, backend: b, dev: b.dev, model: model, plan: p, evaluate: map[int]*driver.Program{}, fetched: true,
		rows: make([]int32, p.B*(p.T+1)), starts: make([]int32, p.V+1), places: make([]int32, p.B*p.T),
		host: make([]float32, p.B*p.T), scalarsHost: make([]float32, 3+2*len(model.Weights))}
	if err := m.prepare(); err != nil {
		return nil, fmt.Errorf("cuda: open: %w", err)
	}
	var err error
	if m.train, err = m.program(p.B, append(append([]gpt.Op{}, model.Forward[:len(model.Forward)-1]...), model.Backward...)); err != nil {
		return nil, fmt.Errorf("cuda: open: %w", err)
	}
	if m.update, err = m.updates(); err != nil {
		m.train.Free()
		return nil, fmt.Errorf("cuda: open: %w", err)
	}
	return m, nil
}

// prepare writes what the device must know before the first step.
func (m *machine) prepare() error {
	cos, sin := gpt.Rope(m.plan.T, m.plan.HS)
	err := errors.Join(m.dev.Fill(m.state, 0, m.stateBytes), driver.Write(m.dev.Device, m.rope.cos, cos), driver.Write(m.dev.Device, m.rope.sin, sin))
	for _, g := range m.groups {
		var list []muonMatrix
		for _, i := range g.weights {
			w := m.weights[i]
			list = append(list, muonMatrix{p: w.p, g: w.g, m: w.first, second: w.second, copy: w.copy, rate: float32(w.LR)})
		}
		err = errors.Join(err, driver.Write(m.dev.Device, g.matrices, list))
	}
	return err
}

// program compiles operations for so many sequences.
func (m *machine) program(sequences int, ops []gpt.Op) (*driver.Program, error) {
	in := m.text
	in.sequences = sequences
	c := compiler{script: m.dev.script(), memory: m.memory, plan: m.plan, in: in}
	c.compile(ops)
	return c.finish()
}

// finish returns the program, captured as a graph.
func (s *script) finish() (*driver.Program, error) {
	if s.err == nil {
		s.err = s.program.Capture()
	}
	if s.err != nil {
		s.program.Free()
		return nil, s.err
	}
	return s.program, nil
}

// updates compiles an optimizer step. What changes from step to step it reads from the device's memory.
func (m *machine) updates() (*driver.Program, error) {
	s := m.dev.script()
	for i, w := range m.weights {
		if w.Role != gpt.Matrix {
			s.adamw(w, m.scalars+driver.Pointer((3+2*i)*sizeFloat))
		}
	}
	for _, g := range m.groups {
		s.muon(g.matrices, m.scalars, g.rows, g.cols, len(g.weights), m.muon)
	}
	return s.finish()
}

// fetch adds the losses of the last micro-batch to those of the step, when the device has them.
func (m *machine) fetch() error {
	if m.fetched {
		return nil
	}
	if err := driver.Read(m.dev.Device, m.host, m.nats.at); err != nil {
		return err
	}
	m.losses.Add(m.rows, m.host, m.plan.T, m.model.TokenBytes)
	m.fetched = true
	return nil
}

// Accumulate implements gpt.Machine. It sorts the tokens while the device still works on what came before.
func (m *machine) Accumulate(rows []int32) error {
	if want := m.plan.B * (m.plan.T + 1); len(rows) != want {
		return fmt.Errorf("cuda: accumulate: %d tokens, want %d", len(rows), want)
	}
	defer m.dev.Enter()()
	sortTokens(rows, m.plan.T, m.starts, m.places)
	if err := m.fetch(); err != nil {
		return fmt.Errorf("cuda: accumulate: %w", err)
	}
	copy(m.rows, rows)
	d := m.dev.Device
	err := errors.Join(driver.Write(d, m.text.ids, m.rows), driver.Write(d, m.text.starts, m.starts), driver.Write(d, m.text.places, m.places))
	if err == nil {
		err = m.train.Run()
	}
	if err != nil {
		return fmt.Errorf("cuda: accumulate: %w", err)
	}
	m.pending++
	m.fetched = false
	return nil
}

// Update implements gpt.Machine. It waits for the losses and starts the update, which the device does while the caller prepares
// the next micro-batch.
func (m *machine) Update(s gpt.StepScalars) (gpt.Losses, error) {
	if m.pending == 0 {
		return gpt.Losses{}, errors.New("cuda: update: no micro-batch since the last update, want at least one")
	}
	defer m.dev.Enter()()
	x := m.scalarsHost
	x[0], x[1], x[2] = float32(s.Momentum), float32(s.Rate), float32(s.Decay)
	for i, w := range m.weights {
		if w.Role != gpt.Matrix {
			x[3+2*i], x[4+2*i] = adamRates(w.Weight, s)
		}
	}
	err := m.fetch()
	if err == nil {
		err = driver.Write(m.dev.Device, m.scalars, x)
	}
	if err == nil {
		err = m.update.Run()
	}
	if err != nil {
		return gpt.Losses{}, fmt.Errorf("cuda: update: %w", err)
	}
	losses := m.losses
	m.losses, m.pending = gpt.Losses{}, 0
	return losses, nil
}

// Evaluate implements gpt.Machine.
func (m *machine) Evaluate(rows []int32, nats []float32) error {
	n := len(rows) / (m.plan.T + 1)
	if n < 1 || n > m.plan.B || n*(m.plan.T+1) != len(rows) || len(nats) != n*m.plan.T {
		return fmt.Errorf("cuda: evaluate: %d tokens and room for %d losses, want 1 to %d rows of %d", len(rows), len(nats), m.plan.B, m.plan.T+1)
	}
	defer m.dev.Enter()()
	if err := m.run(n, rows, nats); err != nil {
		return fmt.Errorf("cuda: evaluate: %w", err)
	}
	return nil
}

func (m *machine) run(n int, rows []int32, nats []float32) error {
	p, ok := m.evaluate[n]
	if !ok {
		var err error
		if p, err = m.program(n, m.model.Forward); err != nil {
			return err
		}
		m.evaluate[n] = p
	}
	if err := m.fetch(); err != nil {
		return err
	}
	if err := driver.Write(m.dev.Device, m.text.ids, rows); err != nil {
		return err
	}
	if err := p.Run(); err != nil {
		return err
	}
	return driver.Read(m.dev.Device, nats, m.nats.at)
}

// Write implements gpt.Machine.
func (m *machine) Write(i gpt.W, src []float32) error {
	w := m.weights[i]
	if err := w.check("write", src); err != nil {
		return err
	}
	defer m.dev.Enter()()
	err := driver.Write(m.dev.Device, w.p, src)
	if err == nil && w.copy != 0 {
		s := m.dev.script()
		s.roundCopy(w)
		err = errors.Join(s.program.Run(), m.dev.Wait())
		s.program.Free()
	}
	if err != nil {
		return fmt.Errorf("cuda: write %s: %w", w.Name, err)
	}
	return nil
}

// Read implements gpt.Machine.
func (m *machine) Read(i gpt.W, dst []float32) error { return m.read("read", i, dst, m.weights[i].p) }

// ReadGradient implements gpt.Machine.
func (m *machine) ReadGradient(i gpt.W, dst []float32) error {
	return m.read("read gradient of", i, dst, m.weights[i].g)
}

func (m *machine) read(what string, i gpt.W, dst []float32, from driver.Pointer) error {
	w := m.weights[i]
	if err := w.check(what, dst); err != nil {
		return err
	}
	defer m.dev.Enter()()
	if err := driver.Read(m.dev.Device, dst, from); err != nil {
		return fmt.Errorf("cuda: %s %s: %w", what, w.Name, err)
	}
	return nil
}

func (w weight) check(what string, x []float32) error {
	if len(x) != w.size() {
		return fmt.Errorf("cuda: %s %s: %d numbers, want %d", what, w.Name, len(x), w.size())
	}
	return nil
}

// Close implements gpt.Machine.
func (m *machine) Close() error {
	defer m.dev.Enter()()
	err := m.dev.Wait()
	m.train.Free()
	m.update.Free()
	for _, p := range m.evaluate {
		p.Free()
	}
	m.backend.open = false
	return err
}
