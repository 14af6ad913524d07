package loop

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/greedy"
	"github.com/seed161a02ea/bilevel/mechanisms/standin"
	"github.com/seed161a02ea/bilevel/mechanisms/surfaces"
)

// A Replay is what a mechanism does where the outcomes are known beforehand: on the recorded trace and on synthetic
// surfaces. Like a Rehearsal it holds no times.
type Replay struct {
	Trace    Rehearsal   `json:"trace"`
	Surfaces []Rehearsal `json:"surfaces"`        // in the order they were asked for
	Loss     []float64   `json:"loss"`            // of every search on the flat family; surfaces.MeasureHarm says in what unit
	Beside   []float64   `json:"beside"`          // greedy's on the same instances; none where Loss alone is harmless
	Error    string      `json:"error,omitempty"` // of the mechanism; it ends the replay
}

// A replayOrder is what replay reads. The seeds come from a hash of the mechanism's source, which the tool makes.
type replayOrder struct {
	View     wire.View `json:"view"`
	Surfaces []struct {
		Family string `json:"family"`
		Seed   uint64 `json:"seed"`
	} `json:"surfaces"`
	Null  string   `json:"null"` // the family whose default is its optimum; empty asks for no search on it
	Seeds []uint64 `json:"seeds"`
}

// replay reads a replayOrder and prints a Replay.
func replay(current, shadow mechanisms.Entry, in io.Reader, out io.Writer) error {
	var o replayOrder
	if err := json.NewDecoder(in).Decode(&o); err != nil {
		return fmt.Errorf("replay: no order on standard input: %w", err)
	}
	var r Replay
	if err := r.run(o, current, shadow); err != nil {
		r.Error = err.Error()
	}
	return printJSON(out, r)
}

func (r *Replay) run(o replayOrder, current, shadow mechanisms.Entry) error {
	var trace rehearsal
	err := trace.onTrace(o.View, current, shadow)
	r.Trace = trace.Rehearsal
	if err != nil {
		return fmt.Errorf("on the recorded trace, %w", err)
	}
	for _, x := range o.Surfaces {
		f, ok := surfaces.Find(x.Family)
		if !ok {
			return fmt.Errorf("no family %q of surfaces", x.Family)
		}
		s := f.New(x.Seed)
		var on rehearsal
		err := on.search(f.Name, wire.View{RunSeed: x.Seed, Space: s.Space, Noise: s.Noise, Parallel: 1, Limit: surfaces.Trials}, surfaces.Trials, s.Train, current, shadow)
		r.Surfaces = append(r.Surfaces, on.Rehearsal)
		if err != nil {
			return fmt.Errorf("on the synthetic surface %s, %w", f.Name, err)
		}
	}
	if o.Null == "" {
		return nil
	}
	return r.onNull(o, current)
}

// onNull lets the mechanism search where there is nothing to find, and greedy beside it if that can matter.
func (r *Replay) onNull(o replayOrder, current mechanisms.Entry) error {
	f, ok := surfaces.Find(o.Null)
	if !ok || !f.Null {
		return fmt.Errorf("no null family %q of surfaces", o.Null)
	}
	var err error
	if r.Loss, err = surfaces.Losses(current, f, standin.Rut, o.Seeds); err != nil || surfaces.Harmless(r.Loss) {
		return err
	}
	r.Beside, err = surfaces.Losses(mechanisms.Entry{Name: "greedy", New: func() mechanisms.Mechanism { return greedy.New() }}, f, standin.Rut, o.Seeds)
	return err
}

// onTrace asks both mechanisms about every recorded trial, as it was when it was decided.
func (r *rehearsal) onTrace(v wire.View, current, shadow mechanisms.Entry) error {
	if len(v.Trials) == 0 {
		return nil
	}
	s, err := stage(without(v), current, shadow)
	if err != nil {
		return err
	}
	for _, t := range v.Trials {
		if len(s.view.Trials) > 0 {
			if _, err := r.propose(s, "trace", t.Seq); err != nil {
				return fmt.Errorf("trial %d: %w", t.Seq, err)
			}
		}
		if err := r.finish(s, "trace", t, true); err != nil {
			return fmt.Errorf("trial %d: %w", t.Seq, err)
		}
	}
	return nil
}
