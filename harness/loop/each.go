package loop

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
)

// An Order asks for a verb of one of the mechanisms that a binary carries.
type Order struct {
	Verb  string   `json:"verb"`
	Names []string `json:"names"` // as they would stand behind the verb on the command line
	In    []byte   `json:"in,omitempty"`
}

// An Answer is what the verb printed. The answers come in the order of the orders, each as soon as it is known: whoever
// reads them knows which mechanism was at work when the process died.
type Answer struct {
	Out    []byte `json:"out"`
	Failed bool   `json:"failed,omitempty"` // alone, the verb would have ended the process with another status than ExitOK
}

// eachGC is the heap growth between two collections in percent. With many mechanisms in turn, a heap of some megabytes is
// better filled than collected; the limit of memory holds all the same.
const eachGC = 400

// each reads Orders, one JSON object after the other, and prints an Answer to each on a line of its own. What starting a
// process costs is spent once for all of them.
func each(carried []Selection, in io.Reader, out io.Writer) error {
	debug.SetGCPercent(eachGC)
	orders, answers := json.NewDecoder(in), json.NewEncoder(out)
	for {
		var o Order
		if err := orders.Decode(&o); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return fmt.Errorf("each: no order on standard input: %w", err)
		}
		var text bytes.Buffer
		s, err := choose(carried, o.Names)
		if run := trials[o.Verb]; err == nil && run == nil {
			err = fmt.Errorf("no verb %q that can be asked of each", o.Verb)
		} else if err == nil {
			err = run(s, bytes.NewReader(o.In), &text)
		}
		if err := answers.Encode(Answer{Out: text.Bytes(), Failed: err != nil}); err != nil {
			return err
		}
	}
}
