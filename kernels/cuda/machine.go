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

	// Micro-batches take turns with two of these, so that one is sorted and copied while the device works on the one before.
	batches     [2]batch
	turn        int // of the next micro-batch
	scalarsHost driver.Pinned[float32]
	scalarsRead driver.Mark // when the device has the scalars of the last update
	pending     int         // micro-batches since the last update
	losses      gpt.Losses
}

// batch is a micro-batch in pinned host memory: its tokens, their order, and the losses that come back.
type batch struct {
	rows, starts, places driver.Pinned[int32]
	nats                 driver.Pinned[float32]
	done                 driver.Mark // when the losses are there
	open                 bool        // they are still to be added
}

func newMachine(b *Backend, model gpt.Model, mem *memory) (*machine, error) {
	p := model.Plan
	m := &machine{memory: mem, backend: b, dev: b.dev, model: model, plan: p, evaluate: map[int]*driver.Program{}}
	b.host.Used = 0
	m.pin(&b.host)
	err := m.mark()
	if err == nil {
		err = m.prepare()
	}
	if err == nil {
		m.train, err = m.program(p.B, append(append([]gpt.Op{}, model.Forward[:len(model.Forward)-1]...), model.Backward...))
	}
	if err == nil {
		m.update, err = m.updates()
	}
	if err != nil {
		m.free()
		return nil, fmt.Errorf("cuda: open: %w", err)
	}
	return m, nil
}

// pin takes what the machine needs of the host's memory.
func (m *machine) pin(host *driver.Block) {
	p := m.plan
	for i := range m.batches {
		b := &m.batches[i]
		b.rows, b.starts, b.places = driver.Piece[int32](host, p.B*(p.T+1)), driver.Piece[int32](host, p.V+1), driver.Piece[int32](host, p.B*p.T)
		b.nats = driver.Piece[float32](host, p.B*p.T)
	}
	m.scalarsHost = driver.Piece[float32](host, 3+2*len(m.model.Weights))
}

// mark makes the marks that the host waits for.
func (m *machine) mark() error {
	var errs []error
	for _, to := range []*driver.Mark{&m.batches[0].done, &m.batches[1].done, &m.scalarsRead} {
		var err error
		*to, err = m.dev.NewMark()
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// free gives back what the machine holds besides the backend's memory. Nothing may be under way.
func (m *machine) free() {
	for _, b := range m.batches {
		b.done.Free()
	}
	m.scalarsRead.Free()
	for _, p := range m.evaluate {
		p.Free()
	}
	for _, p := range []*driver.Program{m.train, m.update} {
		if p != nil {
			p.Free()
		}
	}
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

// settle adds the losses of a micro-batch to those of the step, when the device has them.
func (m *machine) settle(b *batch) error {
	if !b.open {
		return nil
	}
	if err := b.done.Wait(); err != nil {
		return err
	}
	m.losses.Add(b.rows.Numbers, b.nats.Numbers, m.plan.T, m.model.TokenBytes)
	b.open = false
	return nil
}

// Accumulate implements gpt.Machine. It returns while the device works; the losses of the micro-batch before the last are read here, those
// of the last two by Update.
func (m *machine) Accumulate(rows []int32) error {
	if want := m.plan.B * (m.plan.T + 1); len(rows) != want {
		return fmt.Errorf("cuda: accumulate: %d tokens, want %d", len(rows), want)
	}
	defer m.dev.Enter()()
	b, d := &m.batches[m.turn], m.dev.Device
	err := m.settle(b)
	if err == nil {
		copy(b.rows.Numbers, rows)
		sortTokens(rows, m.plan.T, b.starts.Numbers, b.places.Numbers)
		err = errors.Join(driver.Write(d, m.text.ids, b.rows.Numbers), driver.Write(d, m.text.starts, b.starts.Numbers), driver.Write(d, m.text.places, b.places.Numbers))
	}
	if err == nil {
		err = m.train.Run()
	}
	if err == nil {
		err = errors.Join(driver.Fetch(d, b.nats, m.nats.at), b.done.Set())
	}
	if err != nil {
		return fmt.Errorf("cuda: accumulate: %w", err)
	}
	b.open = true
	m.turn ^= 1
	m.pending++
	return nil
}

// Update implements gpt.Machine. It starts the update, which the device does while the losses are read and the caller prepares the next
// micro-batch.
func (m *machine) Update(s gpt.StepScalars) (gpt.Losses, error) {
	if m.pending == 0 {
		return gpt.Losses{}, errors.New("cuda: update: no micro-batch since the last update, want at least one")
	}
	defer m.dev.Enter()()
	err := m.start(s)
	// In the order of the micro-batches, since sums of losses depend on it.
	for i := range m.batches {
		if err == nil {
			err = m.settle(&m.batches[m.turn^i])
		}
	}
	if err != nil {
		return gpt.Losses{}, fmt.Errorf("cuda: update: %w", err)
	}
	losses := m.losses
	m.losses, m.pending = gpt.Losses{}, 0
	return losses, nil
}

// start starts an update.
func (m *machine) start(s gpt.StepScalars) error {
	if err := m.scalarsRead.Wait(); err != nil { // of the update before
		return err
	}
	x := m.scalarsHost.Numbers
	x[0], x[1], x[2] = float32(s.Momentum), float32(s.Rate), float32(s.Decay)
	for i, w := range m.weights {
		if w.Role != gpt.Matrix {
			x[3+2*i], x[4+2*i] = adamRates(w.Weight, s)
		}
	}
	if err := driver.Write(m.dev.Device, m.scalars, x); err != nil {
		return err
	}
	return errors.Join(m.scalarsRead.Set(), m.update.Run())
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
		err = s.program.Run()
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
	m.free()
	m.backend.open = false
	return err
}
