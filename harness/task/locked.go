package task

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// lock leaves parameters out of a space: they keep their defaults and are not searched. The space is another one, with a name
// that says so.
func lock(s mechanisms.Space, names []string) (mechanisms.Space, error) {
	if len(names) == 0 {
		return s, nil
	}
	locked := mechanisms.Space{Name: s.Name + ", locked " + strings.Join(names, " "), Constraints: s.Constraints}
	for _, name := range names {
		if s.Index(name) < 0 {
			return locked, fmt.Errorf("locked parameter %q, want one of the %d of space %s", name, len(s.Params), s.Name)
		}
		for _, c := range s.Constraints {
			if slices.Contains(c.Left, name) || slices.Contains(c.Right, name) {
				return locked, fmt.Errorf("locked parameter %s stands in a constraint with %s, which would have nothing to hold it to", name, strings.Join(append(slices.Clone(c.Left), c.Right...), ", "))
			}
		}
	}
	for _, p := range s.Params {
		if !slices.Contains(names, p.Name) {
			locked.Params = append(locked.Params, p)
		}
	}
	return locked, nil
}

// unlock returns the point of the whole space that a point of the locked one stands for.
func unlock(whole, locked mechanisms.Space, p mechanisms.Point) mechanisms.Point {
	if len(whole.Params) == len(locked.Params) {
		return p
	}
	full := whole.Default()
	for i, q := range locked.Params {
		full[whole.Index(q.Name)] = p[i]
	}
	return full
}
