package bad

import (
	"context"
	"math/rand/v2"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

type M struct {
	count   int               // want `field M.count is not exported, so JSON drops it`
	Func    func() int        // want `field M.Func is of type func\(\) int, which JSON does not keep exactly: a function cannot be stored`
	Any     any               // want `field M.Any is of type any.*JSON forgets which type`
	Best    *mechanisms.Trial // want `field M.Best is of type \*.*Trial.*two pointers to one value.*; keep the numbers, strings and points it is made of, with a bool`
	Skipped int               `json:"-"`               // want `field M.Skipped has the tag .json:"-".: JSON drops it`
	Empty   []int             `json:"empty,omitempty"` // want `the option omitempty changes what comes back`
	Weights map[float64]int   // want `field M.Weights is of type map\[float64\]int.*key must be a string or a whole number`
	View    mechanisms.View   // want `field M.View holds a .*View, which JSON does not keep exactly`
	Rand    rand.Rand         // want `field M.Rand holds a rand.Rand`
	Arms    []arm
	C       complex128 // want `field M.C is of type complex128`
	Same    int        `json:"one"`
	Other   int        `json:"ONE"` // want `fields Same and Other have the same JSON name but for case`
	Deep    deep
	Own     own                         // want `type own has a method MarshalJSON`
	inner                               // want `field M.inner is embedded`
	Table   map[string][]map[int]func() // want `field M.Table\[k\]\[i\]\[k\] is of type func\(\)`
}

type deep struct {
	Last mechanisms.Trial // want `field M.Deep.Last holds a .*Trial, which JSON does not keep exactly`
}

type arm struct {
	pulls int // want `field M.Arms\[i\].pulls is not exported`
}

type inner struct{ X int }

type own int

func (o own) MarshalJSON() ([]byte, error) { return nil, nil }

func New() *M { return &M{} }

func (m *M) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	return v.Suggest(ctx, mechanisms.Hint{})
}

func (m *M) Accept(v mechanisms.View, t mechanisms.Trial) bool { return t.Better(v.Incumbent) }

func (m *M) Observe(t mechanisms.Trial) {}
