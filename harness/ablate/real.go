package ablate

import (
	"context"
	"errors"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// onReal makes a run that trains.
func (e *engine) onReal(ctx context.Context, key runKey, a PlannedArm, t PlannedTask, m model.Model, lessons []mechanisms.Lesson) (finished, error) {
	return finished{}, errors.New("no real runs yet")
}
