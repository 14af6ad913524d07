package gpt

// A Plan is the shape of a trial: what its hyperparameters and its data fix before any training.
type Plan struct {
	B, T, C, V, NH, HS, L int
	// Micro is the number of micro-batches of B sequences in an optimizer step.
	Micro int
	// Gates is the number of leading channels that the value-embedding gates read: 32, or C where that is less.
	Gates int
	// Windows holds for each layer how many positions before its own a query attends to: T/2 or T.
	Windows []int
	// Parameters counts all trained numbers, embeddings included.
	Parameters int64
	// FLOPsPerToken is the arithmetic of one training token, forward and backward:
	//
	//	6*(Parameters - token and value embeddings - lambdas) + sum over layers of 12*NH*HS*window
	//
	// as estimate_flops in train.py counts it: two FLOPs per weight forward, four backward; attention over the whole
	// window although the causal half of it is masked.
	FLOPsPerToken float64
	// OptimizerFLOPs is the arithmetic of Muon's five Newton-Schulz iterations in one step. For a matrix with long side
	// r and short side c each is 4*r*c^2 + 2*c^3 FLOPs. train.py leaves it out because half a million tokens a step
	// hide it; with a few thousand it is a tenth of the work, and a budget that did not count it would pay for
	// small batches.
	OptimizerFLOPs float64
}

// NewPlan derives the plan of a trial for sequences of T tokens and a vocabulary of V. Its errors wrap ErrConstraint.
func NewPlan(h Hyper, T, V int) (Plan, error) {
	if err := h.check(); err != nil {
		return Plan{}, err
	}
	if T < 2 || T > 1<<20 {
		return Plan{}, constraint("T is %d tokens, want 2 to 2^20: prepare the data with another sequence length", T)
	}
	if V < 2 || V > 1<<24 {
		return Plan{}, constraint("the vocabulary has %d tokens, want 2 to 2^24", V)
	}
	heads := (h.Depth*h.AspectRatio + h.HeadDim - 1) / h.HeadDim
	p := Plan{B: h.DeviceBatch, T: T, C: heads * h.HeadDim, V: V, NH: heads, HS: h.HeadDim, L: h.Depth}
	if p.C > 1<<16 || p.L > 1<<10 {
		return Plan{}, constraint("DEPTH %d and ASPECT_RATIO %d make %d layers of %d channels, want at most 1024 layers of 65536",
			h.Depth, h.AspectRatio, p.L, p.C)
	}
	micro := h.DeviceBatch * T
	if h.TotalBatch%micro != 0 {
		return Plan{}, constraint("TOTAL_BATCH_SIZE %d is not a multiple of DEVICE_BATCH_SIZE %d x T %d = %d tokens: use %d, or a smaller DEVICE_BATCH_SIZE",
			h.TotalBatch, h.DeviceBatch, T, micro, (h.TotalBatch/micro+1)*micro)
	}
	p.Micro = h.TotalBatch / micro
	p.Gates = min(32, p.C)
	p.Windows = windows(h.WindowPattern, p.L, T)
	p.count()
	return p, nil
}

// Tokens is the number of tokens of an optimizer step.
func (p Plan) Tokens() int { return p.B * p.T * p.Micro }

// StepFLOPs is the arithmetic of one optimizer step, Newton-Schulz included.
func (p Plan) StepFLOPs() float64 {
	return float64(p.FLOPsPerToken*float64(p.Tokens())) + p.OptimizerFLOPs
}

// HasValues reports whether a layer adds value embeddings: every second one, so that the last does.
func (p Plan) HasValues(layer int) bool { return layer%2 == (p.L-1)%2 }

func windows(pattern string, layers, T int) []int {
	w := make([]int, layers)
	for i := range w {
		w[i] = T
		if pattern[i%len(pattern)] == 'S' && i < layers-1 {
			w[i] = T / 2
		}
	}
	return w
}

// count sets Parameters and the FLOPs from the list of weights, so that they cannot differ from what is trained.
func (p *Plan) count() {
	var read int64 // parameters that every token multiplies
	for _, w := range p.weights(Hyper{}) {
		n := int64(w.Rows) * int64(w.Cols)
		p.Parameters += n
		if w.Role == Matrix || w.Role == Head {
			read += n
		}
		if w.Role == Matrix {
			long, short := int64(max(w.Rows, w.Cols)), int64(min(w.Rows, w.Cols))
			p.OptimizerFLOPs += float64(int64(len(PolarExpress)) * (4*long*short*short + 2*short*short*short))
		}
	}
	var attention int64
	for _, w := range p.Windows {
		attention += 12 * int64(p.C) * int64(min(w, p.T))
	}
	p.FLOPsPerToken = float64(6*read + attention)
}
