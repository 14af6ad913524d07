package gen

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/seed161a02ea/bilevel/gen/child"
	"github.com/seed161a02ea/bilevel/gen/vet"
	"github.com/seed161a02ea/bilevel/gen/wrap"
)

// A question is what a new binary is asked by a verb.
type question struct {
	verb  string
	pair  wrap.Pair // whose answer it is
	in    any       // nil for nothing
	out   any       // is set to the answer
	twice bool      // in two processes, which must say the same to the byte

	asked []*request
}

// byItself is the mechanism with no shadow: what is asked of it so has one answer, whatever it is to replace.
func (w *work) byItself() wrap.Pair { return wrap.Pair{Current: w.mechanism} }

// ask puts questions to the new binary, all at once, and reads the answers in their order. A binary that dies, hangs, or writes
// something else is a finding about the mechanism in it.
func (w *work) ask(ctx context.Context, all ...question) ([]vet.Finding, error) {
	var requests []*request
	for i := range all {
		if err := w.put(&all[i]); err != nil {
			return nil, err
		}
		requests = append(requests, all[i].asked...)
	}
	w.meeting(ctx).ask(requests...)
	for _, q := range all {
		if findings, err := w.read(q); err != nil || len(findings) > 0 {
			return findings, err
		}
	}
	return nil, nil
}

// put makes the requests of a question.
func (w *work) put(q *question) (err error) {
	t := trial{runner: w.binary, verb: q.verb, pair: q.pair}
	if q.in != nil {
		if t.in, err = json.Marshal(q.in); err != nil {
			return err
		}
	}
	if q.asked = []*request{{trial: &t}}; q.twice {
		again := t
		again.times = 1
		q.asked = append(q.asked, &request{trial: &again})
	}
	return nil
}

// read reads the answer to a question.
func (w *work) read(q question) ([]vet.Finding, error) {
	var answers []json.RawMessage
	for _, r := range q.asked {
		var f *child.Failure
		if errors.As(r.err, &f) && len(w.p.within) > 0 && f.Status == child.NotStarted {
			return nil, fmt.Errorf("the runner was not started, and its mechanism is not to blame: %w", r.err)
		}
		if errors.As(r.err, &f) {
			return w.accuse("did not finish %s: %s; every call must end within milliseconds, hold little memory, and leave the process alone", q.verb, death(f)), nil
		}
		if r.err != nil {
			return nil, r.err
		}
		var answer json.RawMessage
		if err := json.Unmarshal(r.result.Stdout, &answer); err != nil {
			return w.accuse("answered %s with something that is not its answer (%v): print nothing", q.verb, err), nil
		}
		if answers = append(answers, answer); !bytes.Equal(answer, answers[0]) {
			return w.refuse("repeatable", "two processes that were asked the same gave different decisions: use no randomness but v.Rand, and let no result depend on the order of a map"), nil
		}
	}
	if err := json.Unmarshal(answers[0], q.out); err != nil {
		return w.accuse("answered %s with something that is not its answer (%v): print nothing", q.verb, err), nil
	}
	return nil, nil
}

// accuse is a finding about the process of the runner with the mechanism in it.
func (w *work) accuse(format string, args ...any) []vet.Finding {
	return w.refuse("process", "the runner with this mechanism in it "+format, args...)
}
