package ablate

import (
	"context"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// listen returns m, which from then on sets *asked when it is asked anything.
func listen(m model.Model, asked *bool) model.Model {
	if r, ok := m.(model.FactReader); ok {
		return listensToFacts{r, asked}
	}
	return listens{m, asked}
}

type listens struct {
	model.Model
	asked *bool
}

func (l listens) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	*l.asked = true
	return l.Model.Chat(ctx, r)
}

type listensToFacts struct {
	model.FactReader
	asked *bool
}

func (l listensToFacts) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	*l.asked = true
	return l.FactReader.Chat(ctx, r)
}

func (l listensToFacts) AnswerFacts(ctx context.Context, purpose string, f model.Facts) (model.Reply, error) {
	*l.asked = true
	return l.FactReader.AnswerFacts(ctx, purpose, f)
}

// elsewhere returns the run of a job if it was made in another profile and nobody was asked anything there: it is the same
// in every profile.
func (e *engine) elsewhere(j job) (finished, bool) {
	if j.arm.Procedure.Remembers { // what it is told comes from runs that may have asked
		return finished{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, profile := range e.plan.Profiles {
		key := j.key
		key.Profile = profile
		if f := e.done[key]; f != nil && f.Unasked {
			same := *f
			same.runKey = j.key
			return same, true
		}
	}
	return finished{}, false
}
