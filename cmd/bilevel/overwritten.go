package main

import (
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// overwritten is a line on a terminal that is written over. Where the output is no terminal it says nothing.
type overwritten struct {
	out   io.Writer
	width int // 0 where it says nothing
	last  time.Time
	on    bool
}

func newOverwritten(out io.Writer) *overwritten {
	o := &overwritten{out: out}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb" {
		if o.width, _, _ = term.GetSize(int(f.Fd())); o.width == 0 {
			o.width = 80 // the terminal does not know
		}
	}
	return o
}

// say shows a line, at most twenty times a second.
func (o *overwritten) say(format string, args ...any) {
	if o.width == 0 || time.Since(o.last) < 50*time.Millisecond {
		return
	}
	text := []rune(fmt.Sprintf(format, args...))
	fmt.Fprintf(o.out, "\r\x1b[K%s", string(text[:min(len(text), o.width-1)]))
	o.last, o.on = time.Now(), true
}

// end takes the line away.
func (o *overwritten) end() {
	if o.on {
		fmt.Fprint(o.out, "\r\x1b[K")
		o.on, o.last = false, time.Time{}
	}
}
