package gen

import (
	"context"
	"fmt"
	"strings"

	"github.com/seed161a02ea/bilevel/gen/research"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/templates"
)

// Placebo makes what level 2 would make if it had nothing to say: a source that decides exactly as greedy does, of another
// text every cycle, through every gate into a runner of its own, no model being asked. A run that is given nothing else by
// level 2 must end as one without level 2, to the last bit; what differs is the hand-over's fault.
//
// The gates that refuse what would change nothing demand it here. The mechanism in charge must be greedy or a placebo.
func (p *Pipeline) Placebo(ctx context.Context, o Occasion) (Invention, error) {
	return p.placebo(ctx, o, alone)
}

func (p *Pipeline) placebo(ctx context.Context, o Occasion, through pass) (Invention, error) {
	inv := Invention{}
	const greedy, idea = "greedy", "placebo"
	if o.Mechanism != greedy && !strings.HasPrefix(o.Mechanism, idea+"-") {
		return inv, fmt.Errorf("placebo of %s: a placebo decides as greedy does; begin with --mechanism greedy", o.Mechanism)
	}
	shadow, err := p.predecessor(ctx, o.Mechanism, o.Source)
	if err != nil {
		return inv, err
	}
	source, err := mechanisms.Source.ReadFile("placebo/placebo.go")
	if err != nil {
		return inv, fmt.Errorf("placebo: %w", err)
	}
	source = fmt.Appendf(source, "\n// Cycle %d of level 2 came to this text, which is another's but for this line.\n", o.Cycle)
	w := work{p: p, src: source, idea: idea, shadow: shadow, known: o.known(), tried: o.Tried, welcome: blank(o.Welcome.View), placebo: true}
	findings, err := through(ctx, &w, inv.tell(o.Step))
	if err != nil {
		return inv, err
	}
	if len(findings) > 0 {
		return inv, fmt.Errorf("placebo of %s: refused at %s: %s", o.Mechanism, w.gate, words(findings))
	}
	return inv, inv.ready(&w, research.Plan{Spec: templates.Spec{Idea: "decides exactly as " + o.Mechanism + " does: the control for a hand-over"}})
}

// blank is the view of a run on the same space that has tried nothing. A placebo is known beforehand, so that its gates need
// not be passed on every view anew; that it changes nothing in a run is shown by the run's trace.
func blank(v wire.View) wire.Welcome {
	return wire.Welcome{View: wire.View{Space: v.Space, Incumbent: -1, Noise: v.Noise, Parallel: 1, Limit: v.Limit}}
}
