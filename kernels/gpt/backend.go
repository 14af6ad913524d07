package gpt

// A Backend runs models on one kind of device. Train calls it, and the Machine it opens, from one goroutine.
type Backend interface {
	// Numerics names the arithmetic of the kernels and its version. Two backends that give different bits have different
	// names; the number of threads must not change bits. It is part of a trial's content, beside the constant Numerics.
	Numerics() string
	// Memory is how many bytes the model needs on the device and how many the backend may use for it. It allocates
	// nothing.
	Memory(m Model) (need, limit int64)
	// Open makes the device ready for a model: memory planned, operations compiled, optimizer state zero. Weights are
	// undefined until written. At most one machine is open at a time; its memory may be that of the last one.
	Open(m Model) (Machine, error)
}

// A Machine holds one model on a device. Accumulate and Update may return before the device is done; Read, ReadGradient,
// Evaluate and the Losses that Update returns wait for it.
type Machine interface {
	// Write sets a weight from Rows*Cols numbers.
	Write(w W, src []float32) error
	// Read copies a weight to dst, Rows*Cols long.
	Read(w W, dst []float32) error
	// ReadGradient copies the gradient accumulated since the last Update. For tests and diagnosis.
	ReadGradient(w W, dst []float32) error
	// Accumulate runs one micro-batch forward and backward: B rows of T+1 tokens, inputs row[:T], targets row[1:]. The caller
	// may change rows once it returns.
	Accumulate(rows []int32) error
	// Update applies the gradients, sets them to zero, and returns the losses of the micro-batches since the last
	// Update.
	Update(s StepScalars) (Losses, error)
	// Evaluate runs the model forward on rows of T+1 tokens, at least one and at most B of them, and puts the nats of each
	// target in nats, T per row. A target's nats do not depend on the rows beside it.
	Evaluate(rows []int32, nats []float32) error
	// Close gives the device memory back to the backend.
	Close() error
}

// StepScalars is what changes from step to step; everything else of a step may be captured once as a graph.
type StepScalars struct {
	// Step counts optimizer steps from 1.
	Step int64
	// Rate multiplies every Weight.LR.
	Rate float64
	// Momentum is Muon's, Decay its weight decay.
	Momentum, Decay float64
}

// Losses sums the cross-entropy of a step's targets, in nats; lower is better.
type Losses struct {
	Nats      float64 // of all targets
	ByteNats  float64 // of the targets that stand for at least one byte
	Bytes     int64   // that these stand for
	Predicted int64   // number of targets
}
