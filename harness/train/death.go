package train

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"

	"github.com/seed161a02ea/bilevel/harness/quote"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// classify says what became of a trial whose trainer ended without a result: exit as cmd.Wait gave it, its last words, and
// whether the kernel has ended some process for want of memory meanwhile.
func classify(exit error, words string, oom bool) task.Outcome {
	status, how := mechanisms.Unparsed, "the trainer ended well but gave no result"
	if e, ok := errors.AsType[*exec.ExitError](exit); ok {
		status, how = mechanisms.Crashed, fmt.Sprintf("the trainer ended with exit status %d", e.ExitCode())
		if sys, ok := e.Sys().(syscall.WaitStatus); ok && sys.Signaled() {
			status, how = bySignal(sys.Signal(), oom)
		}
	} else if exit != nil {
		status, how = mechanisms.Crashed, exit.Error()
	}
	for _, sign := range []string{"out of memory", "cannot allocate memory"} {
		if status == mechanisms.Crashed && strings.Contains(words, sign) {
			status = mechanisms.OutOfMem
		}
	}
	if words != "" {
		how += ": " + words
	}
	return task.Outcome{Status: status, Reason: how}
}

// lastWords keeps what a trainer last wrote to its error output. Write is called from one goroutine, String from another
// when that is done.
type lastWords struct {
	mu    sync.Mutex
	start []byte // the first line that begins a Go panic or fatal error, and what follows it
	end   []byte // the last bytes
}

const wordsKept = 4 << 10 // bytes of each of the two

func (w *lastWords) Write(b []byte) (int, error) {
	w.add(string(b))
	return len(b), nil
}

func (w *lastWords) add(s string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.start) > 0 {
		w.start = append(w.start, s[:min(len(s), wordsKept-len(w.start))]...)
		return
	}
	both := string(w.end) + s // a line may have come in two parts
	if at := panicAt(both); at >= 0 {
		w.start = append(w.start, both[at:min(len(both), at+wordsKept)]...)
		return
	}
	w.end = append(w.end, s...)
	if over := len(w.end) - wordsKept; over > 0 {
		w.end = append(w.end[:0], w.end[over:]...)
	}
}

// panicAt is where the Go runtime begins to say why it ends the program, or -1.
func panicAt(s string) int {
	first := -1
	for _, sign := range []string{"panic: ", "fatal error: ", "runtime: out of memory", "SIG"} {
		at := strings.Index("\n"+s, "\n"+sign)
		if at >= 0 && (first < 0 || at < first) {
			first = at
		}
	}
	return first
}

// String is one line: the beginning of the panic if there was one, otherwise the end.
func (w *lastWords) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	const lines, most = 3, 500 // bytes
	if len(w.start) > 0 {
		return quote.Lines(string(w.start), lines, most)
	}
	return quote.LastLines(string(w.end), lines, most)
}
