package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// panels are a weight packed for the products of the forward pass, x*Wᵀ, and of the backward pass, dy*W. Every shard multiplies
// with every weight, so packing once a step spares seven of eight times.
type panels struct{ forward, backward mat.Panels }

// pack is the task of packing one weight one way.
type pack struct {
	weight   gpt.W
	backward bool
}

func multiplies(w gpt.Weight) bool { return w.Role == gpt.Matrix || w.Role == gpt.Head }

func planPacks(m gpt.Model) []pack {
	var all []pack
	for i, w := range m.Weights {
		if multiplies(w) {
			all = append(all, pack{gpt.W(i), false}, pack{gpt.W(i), true})
		}
	}
	return all
}

func (p pack) run(w *worker) {
	weight, state := w.weight(p.weight), &w.memory.state[p.weight]
	if p.backward {
		state.panels.backward = w.mul.Pack(state.backward, weight, false)
	} else {
		state.panels.forward = w.mul.Pack(state.forward, weight, true)
	}
}

// fresh packs the weights where they have changed since they were packed last.
func (m *machine) fresh() {
	if m.stale {
		m.backend.pool.run(len(m.packs), m.onPack)
		m.stale = false
	}
}

// forwardBy sets y to x*Wᵀ, followed by the epilogue.
func (w *worker) forwardBy(i gpt.W, y, x mat.Matrix, e mat.Epilogue) {
	w.mul.MulPacked(y, x, false, w.memory.state[i].panels.forward, e)
}

// backwardBy sets dx to dy*W, followed by the epilogue.
func (w *worker) backwardBy(i gpt.W, dx, dy mat.Matrix, e mat.Epilogue) {
	w.mul.MulPacked(dx, dy, false, w.memory.state[i].panels.backward, e)
}

// gradientBy accumulates dyᵀ*x in the shard's gradient of W.
func (w *worker) gradientBy(i gpt.W, dy, x mat.Matrix) {
	g, add := w.gradient(i)
	w.mul.Mul(g, dy, x, mat.TN, mat.Epilogue{Add: add})
}
