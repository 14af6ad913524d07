//go:build cuda && linux && amd64

package cuda

import (
	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// arena hands out pieces of the slab. With base 0 it only counts, so that the code that lays out memory also says how much it
// needs.
type arena struct {
	base driver.Pointer
	used int64
}

// aligned is where pieces begin: a multiple of every access, and of a cache line.
const aligned = 256

func (a *arena) bytes(n int) driver.Pointer {
	at := a.base + driver.Pointer(a.used)
	a.used += int64(ceil(n, aligned) * aligned)
	return at
}

func (a *arena) floats(rows, cols int) array {
	return array{a.bytes(rows * cols * sizeFloat), rows, cols, cols}
}

func (a *arena) halves(rows, cols, stride int) array {
	return array{a.bytes(rows * stride * sizeBF16), rows, cols, stride}
}

// memory is everything a machine holds.
type memory struct {
	weights []weight // as gpt.Model.Weights
	tokens  []array  // as gpt.Model.Tokens, with a row for each token of a micro-batch
	// state is the gradients and moments of all weights, in one piece that begins as zeros.
	state      driver.Pointer
	stateBytes int64
	rope       rotary
	text       text
	nats       array          // float32, tokens
	dz, along  array          // float32, tokens x NH
	parts      array          // float32 scratch of sums in parts
	loss       lossScratch    //
	muon       muonScratch    //
	scalars    driver.Pointer // float32: momentum, rate, decay, and then size and root of each weight
	groups     []group
}

// group is matrices of one shape, which Muon takes together.
type group struct {
	rows, cols int
	weights    []gpt.W
	matrices   driver.Pointer // of muonMatrix
}

func layout(m gpt.Model, multiprocessors int, a *arena) *memory {
	p := m.Plan
	n := p.B * p.T
	mem := &memory{
		rope: rotary{a.floats(p.T, p.HS/2).at, a.floats(p.T, p.HS/2).at},
		text: text{ids: a.bytes(4 * p.B * (p.T + 1)), starts: a.bytes(4 * (p.V + 1)), places: a.bytes(4 * n), sequences: p.B, T: p.T},
		nats: a.floats(n, 1), dz: a.floats(n, p.NH), along: a.floats(n, p.NH),
		scalars: a.floats(1, 3+2*len(m.Weights)).at,
	}
	layoutWeights(m, a, mem)
	layoutTokens(m, a, mem)
	chunk := min(n, max(64, slopeBytes/(sizeBF16*padded(p.V))))
	mem.loss = lossScratch{sums: a.floats(n, lossTiles(p.V)), logits: a.floats(n, 1), inverse: a.floats(n, 1), slopes: a.halves(chunk, p.V, padded(p.V))}
	mem.parts = a.floats(1, max(2*multiprocessors*128*128, 2*ceil(n, rowsPerBlock), ceil(n, gateTokens)*p.NH*p.Gates))
	layoutMuon(m, a, mem)
	return mem
}

// slopeBytes is about how much memory the gradient of logits takes at once: enough tokens to fill a device, far less than all of
// a micro-batch.
const slopeBytes = 256 << 20

// layoutWeights puts the queries', keys' and values' matrices of a layer behind one another, so that one product reads all three
// and one makes all their gradients.
func layoutWeights(m gpt.Model, a *arena, mem *memory) {
	mem.weights = make([]weight, len(m.Weights))
	for i, w := range m.Weights {
		mem.weights[i].Weight = w
	}
	set := func(size func(w gpt.Weight) int, place func(w *weight) *driver.Pointer) {
		for _, run := range runs(m) {
			total := 0
			for _, i := range run {
				total += size(m.Weights[i])
			}
			if total == 0 {
				continue
			}
			at := a.bytes(total)
			for _, i := range run {
				*place(&mem.weights[i]) = at
				at += driver.Pointer(size(m.Weights[i]))
			}
		}
	}
	whole := func(w gpt.Weight) int { return w.Rows * w.Cols * sizeFloat }
	set(whole, func(w *weight) *driver.Pointer { return &w.p })
	set(func(w gpt.Weight) int {
		if !multiplied(m, w) {
			return 0
		}
		return w.Rows * w.Cols * sizeBF16
	}, func(w *weight) *driver.Pointer { return &w.copy })
	start := a.used
	mem.state = a.base + driver.Pointer(start)
	set(whole, func(w *weight) *driver.Pointer { return &w.g })
	set(whole, func(w *weight) *driver.Pointer { return &w.first })
	set(func(w gpt.Weight) int {
		if w.Role == gpt.Matrix {
			return max(w.Rows, w.Cols) * sizeFloat
		}
		return whole(w)
	}, func(w *weight) *driver.Pointer { return &w.second })
	mem.stateBytes = a.used - start
}

// multiplied says whether products read a weight, and so need its copy in bfloat16. Gates are read by kernels of their own.
func multiplied(m gpt.Model, w gpt.Weight) bool {
	return w.Role == gpt.Head || w.Role == gpt.Matrix && !(w.Rows == m.Plan.NH && w.Cols == m.Plan.Gates && isGate(m, w.Name))
}

func isGate(m gpt.Model, name string) bool {
	for _, op := range m.Forward {
		if q, ok := op.(gpt.QKV); ok && q.WGate != gpt.None && m.Weights[q.WGate].Name == name {
			return true
		}
	}
	return false
}

// runs lists the weights in order; those of a QKV that belong side by side are one run.
func runs(m gpt.Model) [][]gpt.W {
	first := map[gpt.W]gpt.QKV{}
	inside := map[gpt.W]bool{}
	for _, op := range m.Forward {
		if q, ok := op.(gpt.QKV); ok {
			first[q.WQ] = q
			inside[q.WK], inside[q.WV] = true, true
		}
	}
	var all [][]gpt.W
	for i := range m.Weights {
		w := gpt.W(i)
		if q, ok := first[w]; ok {
			all = append(all, []gpt.W{q.WQ, q.WK, q.WV})
		} else if !inside[w] {
			all = append(all, []gpt.W{w})
		}
	}
	return all
}

// layoutTokens gives activations memory: float32 for statistics of rows, bfloat16 for the rest; queries, keys and values, and
// their gradients, side by side.
func layoutTokens(m gpt.Model, a *arena, mem *memory) {
	n := m.Plan.B * m.Plan.T
	mem.tokens = make([]array, len(m.Tokens))
	beside3 := func(q, k, v gpt.Tokens) {
		if mem.tokens[q].at != 0 || mem.tokens[q].rows != 0 {
			return // the layers share the gradients
		}
		C := m.Tokens[q]
		s := beside(a.halves(n, 3*C, 3*C), C)
		mem.tokens[q], mem.tokens[k], mem.tokens[v] = s.q, s.k, s.v
	}
	single := func(list ...gpt.Tokens) {
		for _, t := range list {
			mem.tokens[t] = a.floats(n, m.Tokens[t])
		}
	}
	for _, op := range m.Forward {
		switch op := op.(type) {
		case gpt.Embed:
			single(op.R)
		case gpt.Norm:
			single(op.R)
		case gpt.QKV:
			beside3(op.Q, op.K, op.V)
			single(op.RQ, op.RK, op.G)
		case gpt.Attention:
			single(op.LSE)
		}
	}
	for _, op := range m.Backward {
		if q, ok := op.(gpt.QKVBackward); ok {
			beside3(q.DQ, q.DK, q.DV)
		}
	}
	for t, cols := range m.Tokens {
		if mem.tokens[t].rows == 0 {
			mem.tokens[t] = a.halves(n, cols, cols)
		}
	}
}

// layoutMuon groups matrices by shape, in the order in which shapes first appear.
func layoutMuon(m gpt.Model, a *arena, mem *memory) {
	place := map[[2]int]int{}
	for i, w := range m.Weights {
		if w.Role != gpt.Matrix {
			continue
		}
		key := [2]int{w.Rows, w.Cols}
		at, ok := place[key]
		if !ok {
			at = len(mem.groups)
			place[key] = at
			mem.groups = append(mem.groups, group{rows: w.Rows, cols: w.Cols})
		}
		mem.groups[at].weights = append(mem.groups[at].weights, gpt.W(i))
	}
	var most [5]int
	for i, g := range mem.groups {
		mem.groups[i].matrices = a.bytes(muonMatrixBytes * len(g.weights))
		var n [5]int
		n[0], n[1], n[2], n[3], n[4] = muonNeeds(g.rows, g.cols, len(g.weights))
		for j := range n {
			most[j] = max(most[j], n[j])
		}
	}
	s := &mem.muon
	s.x, s.y = a.bytes(most[0]*sizeBF16), a.bytes(most[0]*sizeBF16)
	s.a, s.b = a.bytes(most[1]*sizeBF16), a.bytes(most[1]*sizeBF16)
	s.sums, s.norms, s.means = a.bytes(most[2]*sizeFloat), a.bytes(most[3]*sizeFloat), a.bytes(most[4]*sizeFloat)
}

const muonMatrixBytes = 48
