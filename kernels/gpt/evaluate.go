package gpt

import (
	"context"
	"fmt"
	"math"
)

// evaluator measures bits per byte on the first sequences of the validation set. Its buffers are made once.
type evaluator struct {
	plan  Plan
	data  Data
	bytes []int
	rows  []int32
	nats  []float32
}

func newEvaluator(p Plan, d Data) *evaluator {
	return &evaluator{plan: p, data: d, bytes: d.TokenBytes(), rows: make([]int32, p.B*(p.T+1)), nats: make([]float32, p.B*p.T)}
}

// bitsPerByte evaluates n sequences. The sum runs in sequence order in float64, so it does not depend on B.
func (e *evaluator) bitsPerByte(ctx context.Context, m Machine, n int) (float64, error) {
	var losses Losses
	for at := 0; at < n; at += e.plan.B {
		if err := cancelled(ctx); err != nil {
			return 0, err
		}
		count := min(e.plan.B, n-at)
		for i := range count {
			row := e.rows[i*(e.plan.T+1) : (i+1)*(e.plan.T+1)]
			e.data.ValidationSequence(at+i, row)
			if err := checkTokens(row, e.plan.V, "validation", int64(at+i)); err != nil {
				return 0, err
			}
		}
		rows, nats := e.rows[:count*(e.plan.T+1)], e.nats[:count*e.plan.T]
		if err := m.Evaluate(rows, nats); err != nil {
			return 0, err
		}
		losses.Add(rows, nats, e.plan.T, e.bytes)
	}
	if losses.Bytes == 0 {
		return 0, constraint("the %d validation sequences stand for no byte: prepare the data with more text", n)
	}
	bpb := losses.BitsPerByte()
	if math.IsNaN(bpb) || math.IsInf(bpb, 0) {
		return 0, fmt.Errorf("%w: validation loss is %v", ErrDiverged, bpb)
	}
	return bpb, nil
}

// Add sums the nats of one micro-batch: rows of T+1 tokens, T nats per row, in order. Backends on the host use it.
func (l *Losses) Add(rows []int32, nats []float32, T int, tokenBytes []int) {
	for i, x := range nats {
		l.Nats += float64(x)
		if n := tokenBytes[rows[i/T*(T+1)+i%T+1]]; n > 0 {
			l.ByteNats += float64(x)
			l.Bytes += int64(n)
		}
	}
	l.Predicted += int64(len(nats))
}

// BitsPerByte is nats over targets with bytes, per ln 2 and byte; lower is better.
func (l Losses) BitsPerByte() float64 { return l.ByteNats / (math.Ln2 * float64(l.Bytes)) }

// checkTokens refuses a sequence with a token that the model has no row for: an index out of range would fault in a
// backend, far from its cause.
func checkTokens(row []int32, V int, set string, i int64) error {
	for j, tok := range row {
		if tok < 0 || int(tok) >= V {
			return constraint("%s sequence %d has token %d at place %d, want 0 to %d: prepare the data again", set, i, tok, j, V-1)
		}
	}
	return nil
}

func cancelled(ctx context.Context) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", ErrCancelled, context.Cause(ctx))
	}
	return nil
}
