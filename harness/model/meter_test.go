package model_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/model"
)

// fake answers every request with the same reply or error, and counts.
type fake struct {
	reply model.Reply
	err   error
	asked int
}

func (f *fake) Chat(context.Context, model.Request) (model.Reply, error) {
	f.asked++
	return f.reply, f.err
}

func (f *fake) Name() string { return "fake" }

func price(t *testing.T, s string) model.Price {
	t.Helper()
	p, err := model.ParsePrice(s)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestMeterCountsByLevel(t *testing.T) {
	m, err := model.NewMeter(&fake{reply: model.Reply{TokensIn: 1000, TokensOut: 100}}, model.Limits{}, price(t, "1/10"))
	if err != nil {
		t.Fatal(err)
	}
	for _, level := range []model.Level{model.Level1, model.Level1, model.Level2} {
		r, err := m.Chat(context.Background(), model.Request{Level: level})
		if err != nil || r.CostUSD != 0.002 {
			t.Fatalf("reply %+v, %v; want a cost of 0.002 USD", r, err)
		}
	}
	if got, want := m.Spent(model.Level1), (model.Usage{Chats: 2, TokensIn: 2000, TokensOut: 200, CostUSD: 0.004}); got != want {
		t.Errorf("level 1 spent %+v, want %+v", got, want)
	}
	if got := m.Total(); got.Chats != 3 || got.Tokens() != 3300 {
		t.Errorf("total %+v", got)
	}
}

func TestMeterStopsBeforeALimitIsPassed(t *testing.T) {
	for name, c := range map[string]struct {
		limits model.Limits
		chats  int
		flag   string
	}{
		"tokens": {model.Limits{Tokens: 3000}, 2, "--max-tokens"}, // a chat of 1100 is estimated at 508 + 500
		"cost":   {model.Limits{CostUSD: 0.011}, 3, "--max-cost"}, // a chat of 0.002 is estimated at about 0.0055
	} {
		f := &fake{reply: model.Reply{TokensIn: 1000, TokensOut: 100}}
		m, err := model.NewMeter(f, c.limits, price(t, "1/10"))
		if err != nil {
			t.Fatal(err)
		}
		request := model.Request{Level: model.Level1, MaxTokens: 500, Messages: []model.Message{{Role: "user", Content: strings.Repeat("abc", 496)}}}
		for err == nil && f.asked < 10 {
			_, err = m.Chat(context.Background(), request)
		}
		if !errors.Is(err, model.ErrBudget) || f.asked != c.chats || !strings.Contains(err.Error(), c.flag) {
			t.Errorf("%s: %v after %d chats, want ErrBudget after %d", name, err, f.asked, c.chats)
		}
	}
}

func TestMeterHoldsItsLimitsOverAResumption(t *testing.T) {
	f := &fake{}
	m, err := model.NewMeter(f, model.Limits{Tokens: 1000}, model.Price{})
	if err != nil {
		t.Fatal(err)
	}
	m.Charge(model.Level2, model.Usage{Chats: 1, TokensIn: 900, TokensOut: 99})
	if _, err := m.Chat(context.Background(), model.Request{Level: model.Level1}); !errors.Is(err, model.ErrBudget) || f.asked != 0 {
		t.Errorf("got %v after %d chats, want ErrBudget before any", err, f.asked)
	}
}

func TestAFailedChatCostsNothing(t *testing.T) {
	m, err := model.NewMeter(&fake{err: model.ErrUnavailable}, model.Limits{Tokens: 600}, model.Price{})
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if _, err := m.Chat(context.Background(), model.Request{Level: model.Level1, MaxTokens: 500}); !errors.Is(err, model.ErrUnavailable) {
			t.Fatalf("got %v, want the model's error: a failed chat must give back what it reserved", err)
		}
	}
}

// slow answers as fake does, and shows how many ask it at once.
type slow struct {
	fake
	mu           sync.Mutex
	asking, most int
}

func (s *slow) Chat(ctx context.Context, r model.Request) (model.Reply, error) {
	s.mu.Lock()
	s.asking++
	s.most = max(s.most, s.asking)
	s.mu.Unlock()
	time.Sleep(time.Millisecond)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asking--
	return s.reply, s.err
}

// Estimates are far longer than answers: chats that go on at once wait for each other, and are not refused for what others
// only might take.
func TestChatsAtOnceWaitForTheBudget(t *testing.T) {
	s := &slow{fake: fake{reply: model.Reply{TokensIn: 10, TokensOut: 10}}}
	m, err := model.NewMeter(s, model.Limits{Tokens: 1300}, model.Price{}) // room for two estimates of 508
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	errs := make([]error, 20)
	for i := range errs {
		group.Go(func() {
			_, errs[i] = m.Chat(context.Background(), model.Request{Level: model.Level1, MaxTokens: 500})
		})
	}
	group.Wait()
	if err := errors.Join(errs...); err != nil || s.most > 2 || m.Total().Tokens() != 400 {
		t.Errorf("%v; at most %d at once, %d tokens; want 20 chats of 20 tokens, two at once", err, s.most, m.Total().Tokens())
	}
}

// until answers when it is told.
type until struct {
	fake
	told, asked chan struct{}
}

func (u *until) Chat(context.Context, model.Request) (model.Reply, error) {
	close(u.asked)
	<-u.told
	return u.reply, nil
}

func TestAChatThatWaitsForTheBudgetCanBeInterrupted(t *testing.T) {
	u := &until{told: make(chan struct{}), asked: make(chan struct{})}
	m, err := model.NewMeter(u, model.Limits{Tokens: 600}, model.Price{}) // room for one estimate of 508
	if err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() {
		_, err := m.Chat(context.Background(), model.Request{Level: model.Level1, MaxTokens: 500})
		first <- err
	}()
	<-u.asked
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(time.Millisecond, cancel)
	if _, err := m.Chat(ctx, model.Request{Level: model.Level1, MaxTokens: 500}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want what interrupted it", err)
	}
	close(u.told)
	if err := <-first; err != nil {
		t.Error(err)
	}
}

func TestALimitOnCostNeedsAPrice(t *testing.T) {
	_, err := model.NewMeter(&fake{}, model.Limits{CostUSD: 1}, model.PriceOf("some-local-model"))
	if err == nil || !strings.Contains(err.Error(), "--price") {
		t.Errorf("got %v, want an error that names --price", err)
	}
}

func TestPrices(t *testing.T) {
	if p := model.PriceOf("deepseek-flash"); !p.Known() || p.Cost(1e6, 1e6) != 1.5 {
		t.Errorf("deepseek-flash: %+v", p)
	}
	for _, bad := range []string{"", "1", "1/x", "-1/2", "NaN/1", "1/Inf"} {
		if _, err := model.ParsePrice(bad); err == nil {
			t.Errorf("ParsePrice(%q) passed", bad)
		}
	}
	if p := price(t, " 0.3 / 1.2 "); !p.Known() || p.In != 0.3 || p.Out != 1.2 {
		t.Errorf("got %+v", p)
	}
}
