//go:build cuda && linux && amd64

package cuda

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"text/tabwriter"
	"time"
)

const (
	wholeCheck = 450 * time.Second // for all parts
	mostStarts = 4                 // of one part
	mostLines  = 40                // of one part that are shown
)

// outcome is what came of a part.
type outcome struct {
	checks, failed, starts int
	took                   time.Duration
	note                   string
	rows                   [][]string
}

// supervise runs all parts and prints what came of them.
func supervise(w io.Writer, parts []part, n int, seed uint64, limit time.Duration) error {
	end := time.Now().Add(limit)
	var rows [][]string
	summary := [][]string{{"part", "checks", "failed", "s", ""}}
	checks, failed := 0, 0
	for _, p := range parts {
		o := runProcesses(w, p, order{Part: p.name, Device: n, Seed: seed}, end)
		summary = append(summary, []string{p.name, fmt.Sprint(o.checks), fmt.Sprint(o.failed), fmt.Sprintf("%.1f", o.took.Seconds()), o.note})
		checks, failed, rows = checks+o.checks, failed+o.failed, append(rows, o.rows...)
	}
	fmt.Fprintln(w)
	printTable(w, summary)
	if len(rows) > 0 {
		fmt.Fprintln(w)
		printTable(w, append([][]string{timesHeader}, rows...))
	}
	if failed > 0 || checks == 0 {
		return fmt.Errorf("cuda: %d of %d checks failed", failed, checks)
	}
	return nil
}

func printTable(w io.Writer, rows [][]string) {
	table := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	defer table.Flush()
	for _, r := range rows {
		fmt.Fprintln(table, strings.TrimRight(strings.Join(r, "\t"), "\t"))
	}
}

// runProcesses runs a part, anew behind each check that its process did not outlive.
func runProcesses(w io.Writer, p part, o order, end time.Time) (out outcome) {
	began, lines := time.Now(), 0
	defer func() { out.took = time.Since(began) }()
	for out.starts = 1; ; out.starts++ {
		if time.Until(end) <= 0 {
			out.note = "no time left"
			return out
		}
		at, over, err := runProcess(w, p, o, end, &out, &lines)
		if over {
			return out
		}
		if err != nil {
			out.checks++
			out.failed++
			fmt.Fprintf(w, "FAIL %s: %v\n", p.name, err)
		}
		if at < o.From || out.starts == mostStarts {
			out.note = "given up"
			return out
		}
		o.From = at + 1
	}
}

// runProcess runs one process of a part. It gives the last check that began, whether the part is over, and how the process failed if not by a
// check's own words.
func runProcess(w io.Writer, p part, o order, end time.Time, out *outcome, lines *int) (at int, over bool, err error) {
	self, err := os.Executable()
	if err != nil {
		return -1, false, err
	}
	text, err := json.Marshal(o)
	if err != nil {
		return -1, false, err
	}
	r, write, err := os.Pipe()
	if err != nil {
		return -1, false, err
	}
	defer r.Close()
	c := exec.Command(self, os.Args[1:]...)
	c.Env = append(os.Environ(), partVariable+"="+string(text))
	c.Stdout, c.Stderr = write, write
	err = c.Start()
	write.Close()
	if err != nil {
		return -1, false, err
	}
	heard := make(chan string)
	go func() {
		for s := bufio.NewScanner(r); s.Scan(); {
			heard <- s.Text()
		}
		close(heard)
	}()
	at, doing := o.From-1, "starting"
	patience := time.NewTimer(min(p.patience, time.Until(end)))
	defer patience.Stop()
	for {
		select {
		case line, more := <-heard:
			if !more {
				err := c.Wait()
				if over || at >= o.From && doing == "" {
					return at, over, nil
				}
				return at, false, fmt.Errorf("its process ended in %q: %w", doing, errors.Join(err, io.ErrUnexpectedEOF))
			}
			rest, marked := strings.CutPrefix(line, mark)
			var m message
			if !marked || json.Unmarshal([]byte(rest), &m) != nil {
				if *lines++; *lines <= mostLines {
					fmt.Fprintf(w, "%.600s\n", line)
				}
				continue
			}
			switch {
			case m.Begin != "":
				doing = m.Begin
				if m.Begin != "compiling" {
					at++
				}
				patience.Reset(min(p.patience, time.Until(end)))
			case m.End:
				doing, at = "", m.Index
				out.checks++
				if m.Wrong {
					out.failed++
				}
			case m.Row != nil:
				out.rows = append(out.rows, m.Row)
			case m.Absent != "":
				out.note, over = m.Absent, true
			case m.Over:
				over = true
			}
		case <-patience.C:
			c.Process.Kill() // the driver ends what the device still does for it
			go func() {
				for range heard {
				}
				c.Wait()
			}()
			return at, false, fmt.Errorf("no answer in %q: its process was ended. A hang is most often a phase of a barrier that nobody ends (bytes expected, arrivals, first parity), or registers that nobody gives", doing)
		}
	}
}
