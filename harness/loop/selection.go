package loop

import (
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// A Selection is a mechanism to be in charge, and the one that it replaced: the zero Entry for none.
type Selection struct {
	Current, Shadow mechanisms.Entry
}

// String is the selection as it is named on the command line.
func (s Selection) String() string { return strings.TrimSpace(s.Current.Name + " " + s.Shadow.Name) }

// choose finds the selection that the arguments behind a verb name: none where only one is carried, a mechanism, or
// a mechanism and the one that it replaced.
func choose(carried []Selection, names []string) (Selection, error) {
	if len(names) == 0 && len(carried) == 1 {
		return carried[0], nil
	}
	var list []string
	for _, s := range carried {
		if len(names) > 0 && s.Current.Name == names[0] && (len(names) == 1 || s.Shadow.Name == names[1]) {
			return s, nil
		}
		list = append(list, s.String())
	}
	return Selection{}, fmt.Errorf("mechanism %q, want one of those that this binary carries: %s", strings.Join(names, " "), strings.Join(list, ", "))
}
