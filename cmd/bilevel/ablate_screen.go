package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// An ablationScreen shows how far an ablation is: on a terminal one line that is written over, otherwise a line now and then.
type ablationScreen struct {
	mu    sync.Mutex
	out   io.Writer
	now   *overwritten
	spoke time.Time
	quiet bool
}

func newAblationScreen(c *cli.Context) *ablationScreen {
	return &ablationScreen{out: c.App.ErrWriter, now: newOverwritten(c.App.ErrWriter), spoke: time.Now(), quiet: c.Bool("json")}
}

// tell is called from several goroutines.
func (s *ablationScreen) tell(p ablate.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf("%d of %d runs, %d of %d trials", p.Runs, p.Planned, p.Trials, p.OfTrials)
	if p.Left > 0 {
		text += fmt.Sprintf(", about %s left", duration(p.Left))
	}
	text += "  " + p.Last
	if s.now.width > 0 {
		s.now.say("%s", text)
		return
	}
	if !s.quiet && time.Since(s.spoke) >= 30*time.Second {
		fmt.Fprintln(s.out, text)
		s.spoke = time.Now()
	}
}

func (s *ablationScreen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.end()
}
