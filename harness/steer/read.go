package steer

import (
	"fmt"
	"slices"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// read returns the steering in a reply, or what is wrong with it, in words for the model.
func read(in Input, text string) (templates.Course, mechanisms.Steering, error) {
	var c templates.Course
	none := mechanisms.Steering{}
	if err := model.Decode(text, &model.Schema{Name: "course", JSON: templates.Schema("course")}, &c); err != nil {
		return c, none, err
	}
	c.Guidance = strings.TrimSpace(c.Guidance)
	if len(c.Guidance) > MaxGuidance {
		return c, none, fmt.Errorf("the guidance has %d bytes, want at most %d; keep what matters most", len(c.Guidance), MaxGuidance)
	}
	frozen, err := freeze(in.View.Space, in.View.Steer.Frozen, c)
	if err != nil {
		return c, none, err
	}
	return c, mechanisms.Steering{Frozen: frozen, Strategy: c.Strategy, Guidance: c.Guidance, Since: in.Seq}, nil
}

// freeze applies the course to what is frozen now. The result is sorted.
func freeze(s mechanisms.Space, now []string, c templates.Course) ([]string, error) {
	for _, name := range slices.Concat(c.Freeze, c.Unfreeze) {
		if s.Index(name) < 0 {
			return nil, fmt.Errorf("there is no parameter %q; the parameters are %s", name, strings.Join(s.Names(), ", "))
		}
		if slices.Contains(c.Freeze, name) && slices.Contains(c.Unfreeze, name) {
			return nil, fmt.Errorf("%s stands both under freeze and under unfreeze; decide for one", name)
		}
	}
	var frozen []string
	for _, name := range slices.Concat(now, c.Freeze) {
		if !slices.Contains(c.Unfreeze, name) && !slices.Contains(frozen, name) {
			frozen = append(frozen, name)
		}
	}
	slices.Sort(frozen)
	if free, want := len(s.Params)-len(frozen), minFree(s); free < want {
		return nil, fmt.Errorf("this would leave %d parameters free, want at least %d; %d would be frozen: %s", free, want, len(frozen), strings.Join(frozen, ", "))
	}
	return frozen, nil
}

func minFree(s mechanisms.Space) int { return min(MinFree, len(s.Params)) }
