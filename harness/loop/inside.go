package loop

import (
	"context"
	"fmt"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// Inside runs one image's share of the inner loop in the caller's process, for mechanisms that are trusted: nothing bounds
// their time or memory. The shadow is the zero Entry for a mechanism that replaced none. Questions go to ask, in the caller's goroutine, and may share memory with what the mechanism is given
// later only as far as ask copies them. An error of ask ends it; so does the order to stop. It cannot become another binary.
func Inside(ctx context.Context, current, shadow mechanisms.Entry, ask func(wire.Message) (wire.Message, error)) error {
	s, err := greet(direct(ask), current, shadow)
	if err != nil {
		return err
	}
	exec, err := s.run(ctx)
	if err == nil && exec != nil {
		err = fmt.Errorf("mechanism %s runs inside another program and cannot become %s", current.Name, exec.Path)
	}
	return err
}

// direct asks by a call.
type direct func(wire.Message) (wire.Message, error)

func (d direct) ask(q wire.Message) (wire.Message, error) {
	a, err := d(q)
	if err != nil {
		return a, fmt.Errorf("%w: %w", errGone, err)
	}
	return a, nil
}
