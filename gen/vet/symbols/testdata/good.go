package good

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func pick(ctx context.Context, r *rand.Rand, v mechanisms.View) (int, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("pick: %w, 100%% of %d", err, 3)
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d", 1, 2)
	done, all := 0, 0
	if _, err := fmt.Sscanf(b.String(), "%d of %d", &done, &all); err != nil {
		return 0, err
	}
	_ = fmt.Sprint(&struct{ X int }{3}, []float64{1}, map[string]int{"a": 1}, ctx.Err(), v.Space.Params[0], v.Incumbent)
	r.Shuffle(3, func(i, j int) {})
	return r.IntN(3) + v.Rand.IntN(2) + len(fmt.Sprintf("%5.1f p", 2.0)), nil
}
