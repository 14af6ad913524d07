package good

import (
	"context"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct {
	Count   int
	Big     uint64
	Scores  []float64        `json:"scores"`
	Best    mechanisms.Point `json:"best"`
	Points  []mechanisms.Point
	Arms    map[string]arm
	ByLevel map[int]float64
	Grid    [3][2]float64
	Status  mechanisms.Status
	Nested  struct{ A, B bool }
}

type arm struct {
	Pulls int
	Gain  float64
	Kind  kind
}

type kind uint8

func (k kind) String() string { return "kind" }

func New() *M { return &M{} }

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
