package gpt

import (
	"errors"
	"fmt"
)

// What can go wrong with a trial. Each error that Train, NewPlan or Check returns wraps one of these, or comes from the
// backend unwrapped; the loop records which.
var (
	// ErrConstraint: the hyperparameters, the data or the budget contradict each other. Known before training.
	ErrConstraint = errors.New("constraint")
	// ErrMemory: the trial needs more memory than the backend may use. Known before training.
	ErrMemory = errors.New("memory")
	// ErrDiverged: a training loss or the validation loss is not a number, or a training loss exceeds 100 nats a token.
	ErrDiverged = errors.New("diverged")
	// ErrCancelled: the context ended. The cause is wrapped beside it.
	ErrCancelled = errors.New("cancelled")
)

// constraint builds an error that wraps ErrConstraint.
func constraint(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrConstraint, fmt.Sprintf(format, args...))
}
