package model

import (
	"context"
	"fmt"
	"sync"
)

// Limits bound what a run may spend on its model, over all levels and resumptions. Zero means no bound.
type Limits struct {
	Tokens  int     // in and out together
	CostUSD float64 // by the price; needs one
}

// Usage is what was spent.
type Usage struct {
	Chats     int     `json:"chats"`
	TokensIn  int     `json:"tokens_in"`
	TokensOut int     `json:"tokens_out"`
	CostUSD   float64 `json:"cost_usd"`
}

// Tokens returns tokens in and out together.
func (u Usage) Tokens() int { return u.TokensIn + u.TokensOut }

func (u Usage) plus(v Usage) Usage {
	return Usage{u.Chats + v.Chats, u.TokensIn + v.TokensIn, u.TokensOut + v.TokensOut, u.CostUSD + v.CostUSD}
}

// A Meter is a model that counts what it spends by level, and stops before a limit is passed.
type Meter struct {
	Model
	limits Limits
	price  Price

	mu       sync.Mutex
	spent    map[Level]Usage
	reserved Usage // estimates of the chats that are under way
	ended    *sync.Cond
}

// NewMeter returns a meter around m. A limit on cost with an unknown price is an error.
func NewMeter(m Model, limits Limits, price Price) (*Meter, error) {
	if limits.CostUSD > 0 && !price.Known() {
		return nil, fmt.Errorf("limit the cost to %g USD: the price of %s is not in the table of %s; give it with --price IN/OUT (US dollars per million tokens), or limit tokens with --max-tokens", limits.CostUSD, m.Name(), PricesOf)
	}
	meter := &Meter{Model: m, limits: limits, price: price, spent: map[Level]Usage{}}
	meter.ended = sync.NewCond(&meter.mu)
	return meter, nil
}

// Charge counts what was spent before, so that a resumed run keeps its limits.
func (m *Meter) Charge(level Level, u Usage) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.spent[level] = m.spent[level].plus(u)
}

// Spent returns what was spent by one level.
func (m *Meter) Spent(level Level) Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.spent[level]
}

// Total returns what was spent by all levels.
func (m *Meter) Total() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.total()
}

func (m *Meter) total() Usage {
	var u Usage
	for _, level := range []Level{Level1, Level15, Level2, Lessons} {
		u = u.plus(m.spent[level])
	}
	return u
}

// Chat asks the model if the chat, estimated at its longest, stays within the limits; else the error wraps ErrBudget. Where it does
// only if the chats under way take less than they may, it waits for them.
func (m *Meter) Chat(ctx context.Context, r Request) (Reply, error) {
	estimate := Usage{TokensIn: EstimateTokens(r), TokensOut: r.MaxTokens}
	estimate.CostUSD = m.price.Cost(estimate.TokensIn, estimate.TokensOut)
	if err := m.reserve(ctx, estimate); err != nil {
		return Reply{}, err
	}
	reply, err := m.Model.Chat(ctx, r)
	if err == nil {
		reply.CostUSD = m.price.Cost(reply.TokensIn, reply.TokensOut)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	defer m.ended.Broadcast()
	m.reserved = m.reserved.plus(Usage{0, -estimate.TokensIn, -estimate.TokensOut, -estimate.CostUSD})
	if err == nil {
		m.spent[r.Level] = m.spent[r.Level].plus(Usage{1, reply.TokensIn, reply.TokensOut, reply.CostUSD})
	}
	return reply, err
}

// reserve sets the estimate of a chat aside, when there is room for it.
func (m *Meter) reserve(ctx context.Context, estimate Usage) error {
	defer context.AfterFunc(ctx, func() {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.ended.Broadcast()
	})()
	m.mu.Lock()
	defer m.mu.Unlock()
	for {
		spent := m.total()
		after := spent.plus(estimate)
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("wait for what other chats leave of the budget: %w", context.Cause(ctx))
		case m.limits.Tokens > 0 && after.Tokens() > m.limits.Tokens:
			return fmt.Errorf("%w: %d of %d tokens are spent, and the next chat may take %d; raise --max-tokens to go on", ErrBudget, spent.Tokens(), m.limits.Tokens, estimate.Tokens())
		case m.limits.CostUSD > 0 && after.CostUSD > m.limits.CostUSD:
			return fmt.Errorf("%w: %.4f of %g USD are spent, and the next chat may cost %.4f; raise --max-cost to go on", ErrBudget, spent.CostUSD, m.limits.CostUSD, estimate.CostUSD)
		case m.exceeds(after.plus(m.reserved)):
			m.ended.Wait()
		default:
			m.reserved = m.reserved.plus(estimate)
			return nil
		}
	}
}

func (m *Meter) exceeds(u Usage) bool {
	return m.limits.Tokens > 0 && u.Tokens() > m.limits.Tokens || m.limits.CostUSD > 0 && u.CostUSD > m.limits.CostUSD
}

// EstimateTokens estimates the tokens of a request before it is sent.
func EstimateTokens(r Request) int {
	n := 8
	for _, m := range r.Messages {
		n += 4 + EstimateText(m.Content)
	}
	return n
}

// EstimateText estimates the tokens of a text at one per three bytes: more than English takes, about what tables and
// programs take.
func EstimateText(text string) int { return (len(text) + 2) / 3 }
