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
	began time.Time
	spoke time.Time
	quiet bool
}

func newAblationScreen(c *cli.Context) *ablationScreen {
	return &ablationScreen{out: c.App.ErrWriter, now: newOverwritten(c.App.ErrWriter), began: time.Now(), spoke: time.Now(), quiet: c.Bool("json")}
}

// tell is called from several goroutines.
func (s *ablationScreen) tell(p ablate.Progress) {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := time.Since(s.began)
	text := fmt.Sprintf("%d of %d runs, %d trials", p.Runs, p.Planned, p.Trials)
	if left := p.Planned - p.Runs; left > 0 {
		text += fmt.Sprintf(", %s left", duration(time.Duration(float64(took)/float64(p.Made)*float64(left))))
	}
	text += "  " + p.Last
	if s.now.width > 0 {
		s.now.say("%s", text)
		return
	}
	if !s.quiet && time.Since(s.spoke) >= silence {
		fmt.Fprintln(s.out, text)
		s.spoke = time.Now()
	}
}

func (s *ablationScreen) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now.end()
}
