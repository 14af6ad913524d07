package task

import (
	"context"
	"fmt"
)

// The kinds of task.
const (
	KindGPT     = "gpt"     // a GPT trained on text
	KindSurface = "surface" // a formula over the same space, for tests and for learning how a run goes
	KindCommand = "command" // a program of the user's own, described by a file
)

// Open makes the task of a spec. A GPT task prepares its text, or finds it prepared; told, if given, hears how that goes.
func Open(ctx context.Context, s Spec, told ...func(Preparing)) (Task, error) {
	switch s.Kind {
	case KindGPT:
		return openGPT(ctx, s, func(p Preparing) {
			for _, tell := range told {
				tell(p)
			}
		})
	case KindSurface:
		return openSurface(s)
	case KindCommand:
		return openCommand(ctx, s)
	}
	return nil, fmt.Errorf("task %q, want %s, %s or %s", s.Kind, KindGPT, KindSurface, KindCommand)
}

// Preparing tells how far the preparation of a task has come.
type Preparing struct {
	Step  string // "hash", "count", "merge" or "encode"
	Bytes int64  // of text done in this step
	Total int64  // of text, 0 when not known
}

// Prepared returns the spec with which another process makes the same task as t, made from s, without preparing it again.
// It holds the hash of the prepared text, or of the copied folder: with another the task is refused.
func Prepared(t Task, s Spec) Spec {
	if p, ok := t.(interface{ prepared() Spec }); ok {
		return p.prepared()
	}
	return s
}
