package cpu

import (
	"github.com/seed161a02ea/bilevel/kernels/cpu/mat"
	"github.com/seed161a02ea/bilevel/kernels/cpu/vec"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

const (
	// maxShards bounds the gradients that the update must sum. It is part of the arithmetic: with it change the bits.
	maxShards = 8
	// passTokens is about how many tokens of a shard go through the model at once: as many as keep the products efficient
	// and their activations in the cache. The gradients of the lambdas are summed by pass, so it is part of the arithmetic.
	passTokens = 256
	// queryRows is how many queries attend at once; scores for them exist, never T x T.
	queryRows = 32
	// lossRows is how many tokens have logits at once.
	lossRows = 64
)

// passSequences is how many sequences a worker takes through the model at once.
func passSequences(T int) int { return max(1, passTokens/T) }

// passRows is the most tokens that a pass has.
func passRows(p gpt.Plan) int {
	n := shards(p.B)
	return min((p.B+n-1)/n, passSequences(p.T)) * p.T
}

// shards cuts n sequences into pieces; piece i is [i*n/shards, (i+1)*n/shards).
func shards(n int) int { return min(n, maxShards) }

// memory is everything a machine holds.
type memory struct {
	weights []mat.Matrix // as gpt.Model.Weights
	state   []state      // as gpt.Model.Weights
	workers []scratch
	rope    vec.Rotation // T x HS/2, set by newMachine
}

// state is what training keeps of one weight.
type state struct {
	// shards holds a gradient per shard, for weights other than embeddings.
	shards []mat.Matrix
	// table and rows are the gradient of an embedding: summed per row of the table, and per token of the micro-batch.
	table, rows mat.Matrix
	// first and second are the optimizer's moments. Muon's second has one number per row or column.
	first, second []float32
	// forward and backward are where panels are packed, for weights that products read.
	forward, backward []float32
	panels            panels
}

// scratch is the memory of one worker.
type scratch struct {
	tokens         []mat.Matrix // activations of one pass, as gpt.Model.Tokens
	scores, dscore mat.Matrix   // queryRows x T
	logits         mat.Matrix   // lossRows x V
	row            []float32    // V, at least a tile of the update and the longest side of a matrix
	muon           muonScratch
}

// layout takes all memory from the arena.
func layout(m gpt.Model, threads int, a *arena) *memory {
	p := m.Plan
	mem := &memory{}
	for _, w := range m.Weights {
		mem.weights = append(mem.weights, a.array(w.Rows, w.Cols))
		mem.state = append(mem.state, layoutState(p, w, a))
	}
	rows := passRows(p)
	for range threads {
		var s scratch
		for _, cols := range m.Tokens {
			s.tokens = append(s.tokens, a.matrix(rows, cols))
		}
		s.scores, s.dscore = a.matrix(min(queryRows, p.T), p.T), a.matrix(min(queryRows, p.T), p.T)
		s.logits = a.matrix(min(lossRows, rows), p.V)
		s.row = a.floats(max(p.V, updateTile, 4*p.C))
		s.muon = layoutMuon(m.Weights, a)
		mem.workers = append(mem.workers, s)
	}
	return mem
}

func layoutState(p gpt.Plan, w gpt.Weight, a *arena) state {
	size := w.Rows * w.Cols
	s := state{first: a.floats(size)}
	if w.Role == gpt.Matrix {
		s.second = a.floats(max(w.Rows, w.Cols))
	} else {
		s.second = a.floats(size)
	}
	if multiplies(w) {
		s.forward, s.backward = a.floats(mat.PanelsLen(w.Cols, w.Rows)), a.floats(mat.PanelsLen(w.Rows, w.Cols))
	}
	if w.Role == gpt.Embedding {
		s.table, s.rows = a.array(w.Rows, w.Cols), a.array(p.B*p.T, w.Cols)
		return s
	}
	for range shards(p.B) {
		s.shards = append(s.shards, a.array(w.Rows, w.Cols))
	}
	return s
}
