package good

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"math/bits"
	random "math/rand/v2"
	"slices"
	"sort"
	"strconv"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

func use(ctx context.Context, r *random.Rand, m map[string]int, p mechanisms.Point) error {
	sort.Ints(nil)
	return errors.New(fmt.Sprint(ctx.Err(), cmp.Compare(1, 2), maps.Clone(m), math.Pi, bits.Len(3), r.IntN(3), slices.Max(p), strconv.Itoa(1), strings.ToLower("X")))
}
