package ablate

import (
	"path/filepath"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/store"
)

// An answer is what is kept of one that a run was given by a model that is paid.
type answer struct {
	Key       string  `json:"key"` // of the question: runs on a unit that have it share the answer
	TokensIn  int     `json:"tokens_in"`
	TokensOut int     `json:"tokens_out"`
	CostUSD   float64 `json:"cost_usd,omitempty"`
}

// takeAnswers keeps what a run was answered.
func (f *finished) takeAnswers(s *store.Store) error {
	chats, err := s.Chats()
	for _, c := range chats {
		f.Answers = append(f.Answers, answer{c.Key, c.Reply.TokensIn, c.Reply.TokensOut, c.Reply.CostUSD})
	}
	return err
}

// plus counts one answer more. Called on nil it begins to count.
func (a *Asked) plus(x answer) *Asked {
	if a == nil {
		a = &Asked{}
	}
	return &Asked{a.Answers + 1, a.TokensIn + x.TokensIn, a.TokensOut + x.TokensOut, a.CostUSD + x.CostUSD}
}

// asked is what all finished runs took of a model that is paid: what arms of a unit share is counted once.
func (a *assembler) asked() (all *Asked) {
	for _, profile := range a.plan.Profiles {
		pairs, null := a.plan.Units(profile)
		for _, u := range append(pairs, null...) {
			counted := map[string]bool{}
			for _, arm := range a.plan.Arms {
				f := a.done[u.key(a.plan, arm.Name)]
				if f == nil {
					continue
				}
				for _, x := range f.Answers {
					if !counted[x.Key] {
						all = all.plus(x)
					}
					counted[x.Key] = true
				}
			}
		}
	}
	return all
}

// Spent is what the runs of the ablation in dir have taken of a model that is paid, by level, those that are not finished
// included: what arms of a unit share was asked, and paid for, once.
func Spent(dir string) (map[model.Level]model.Usage, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, err
	}
	spent := map[model.Level]model.Usage{}
	for _, profile := range p.Profiles {
		pairs, null := p.Units(profile)
		for _, u := range append(pairs, null...) {
			counted := map[string]bool{}
			for _, arm := range p.Arms {
				chats, err := chatsIn(filepath.Join(dir, Runs, u.key(p, arm.Name).folder()))
				if err != nil {
					return nil, err
				}
				for _, c := range chats {
					if counted[c.Key] {
						continue
					}
					counted[c.Key] = true
					now := spent[c.Request.Level]
					spent[c.Request.Level] = model.Usage{
						Chats: now.Chats + 1, TokensIn: now.TokensIn + c.Reply.TokensIn, TokensOut: now.TokensOut + c.Reply.TokensOut,
						CostUSD: now.CostUSD + c.Reply.CostUSD,
					}
				}
			}
		}
	}
	return spent, nil
}
