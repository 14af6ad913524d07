package simulated

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/templates"
)

// ideas is how many families an exploration names at most.
const ideas = 4

// explore says what the trace shows and which families would answer it.
func (m *Model) explore(f model.Facts) string {
	if m.profile.Hostile {
		return m.plot(f, "explore")
	}
	a := analyse(f)
	e := templates.Exploration{Observations: a.observations(), Ideas: []templates.Idea{}}
	for _, c := range rank(f, a) {
		if len(e.Ideas) < ideas {
			e.Ideas = append(e.Ideas, templates.Idea{Name: c.name, Idea: sentence(c.ideas[0]), Because: sentence(c.reason(a))})
		}
	}
	if len(e.Ideas) == 0 {
		e.Ideas = append(e.Ideas, templates.Idea{Name: "stay", Idea: "Leave the mechanism in charge.", Because: "Every family that this model knows was tried."})
	}
	return reply(level2(f, "explore"), e)
}

// critique chooses the best family, or none when all were tried.
func (m *Model) critique(f model.Facts) string {
	if m.profile.Hostile {
		return m.plot(f, "critique")
	}
	a := analyse(f)
	v := templates.Verdict{Choice: templates.None, Why: "Every family that this model knows was tried in this run.", Risks: []string{}}
	if list := rank(f, a); len(list) > 0 {
		best := list[0]
		v = templates.Verdict{
			Choice: best.name, Why: sentence(best.reason(a)),
			Risks: []string{"Trials spent on the mechanism's own points are lost if the model's would have been better."},
		}
	}
	return reply(level2(f, "critique"), v)
}

// specify describes the family that was chosen.
func (m *Model) specify(f model.Facts) string {
	if m.profile.Hostile {
		return m.plot(f, "specify")
	}
	fam := m.chosen(f)
	s := fam.spec
	s.Name, s.Idea = fam.name, sentence(fam.ideas[0])
	return reply(level2(f, "specify"), s)
}

// generate writes the program.
func (m *Model) generate(f model.Facts) string {
	if m.profile.Hostile {
		return fence(m.misbehave(f))
	}
	fam := m.chosen(f)
	return fence(fam.write(fam.draw(analyse(f), level2(f, "generate "+fam.name))))
}

// repair writes the program of the same family with other values, drawn by the source that was refused.
func (m *Model) repair(f model.Facts) string {
	if m.profile.Hostile {
		return fence(m.misbehave(f))
	}
	fam := m.chosen(f)
	h := sha256.Sum256([]byte(f.Source))
	return "I mended what was found and looked through the rest.\n\n" + fence(fam.write(fam.draw(analyse(f), level2(f, "repair "+fam.name+hex.EncodeToString(h[:])))))
}

// chosen returns the family that the dialogue has settled on: that of the spec, of the critique, or the best.
func (m *Model) chosen(f model.Facts) family {
	var s templates.Spec
	var v templates.Verdict
	if model.Decode(f.Spec, nil, &s) == nil {
		if fam, ok := familyNamed(s.Name); ok {
			return fam
		}
	}
	if model.Decode(f.Critique, nil, &v) == nil {
		if fam, ok := familyNamed(v.Choice); ok {
			return fam
		}
	}
	if list := rank(f, analyse(f)); len(list) > 0 {
		return list[0].family
	}
	return families[0]
}

func fence(source string) string {
	return fmt.Sprintf("```go\n%s```", strings.TrimRight(source, "\n")+"\n")
}

// sentence gives a phrase a capital and a full stop.
func sentence(s string) string { return strings.ToUpper(s[:1]) + s[1:] + "." }
