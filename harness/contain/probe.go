package contain

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"
)

// A Report says what holds a contained program on this machine.
type Report struct {
	Walls   []Wall    `json:"walls"`             // in force
	Words   []string  `json:"words"`             // of each of them, for people
	Missing []Missing `json:"missing,omitempty"` // not in force
	Open    []string  `json:"open,omitempty"`    // what a contained program could do all the same, when it tried
}

// Missing is a wall that is not in force.
type Missing struct {
	Wall Wall   `json:"wall"`
	Why  string `json:"why"`
}

// Whole reports whether all walls are in force and nothing was found open.
func (r Report) Whole() bool { return len(r.Missing) == 0 && len(r.Open) == 0 }

// String is the report in one line.
func (r Report) String() string {
	text := "not contained"
	if len(r.Words) > 0 {
		text = "contained by " + join(r.Words)
	}
	for _, m := range r.Missing {
		text += fmt.Sprintf("; without %s: %s", m.Wall, m.Why)
	}
	if len(r.Open) > 0 {
		text += "; it could still " + join(r.Open)
	}
	return text
}

// join lists words as people do.
func join(words []string) string {
	if n := len(words); n > 1 {
		return strings.Join(words[:n-1], ", ") + " and " + words[n-1]
	}
	return strings.Join(words, "")
}

// Probe finds out what holds a contained program here: it contains the tool, which tries what must not be possible. A wall
// that the system offers and behind which the tool does not start is reported as missing, with the reason, and left out.
// An error means that nothing could be found out.
func Probe(ctx context.Context, tool string) (Report, error) {
	offered, missing := Offered()
	r := Report{Missing: missing}
	if len(offered) == 0 {
		r.Open = Attempts()
		return r, nil
	}
	for _, w := range Walls() {
		if _, ok := offered[w]; ok {
			r.Walls = append(r.Walls, w)
		}
	}
	tried, err := attempt(ctx, tool, r.Walls)
	if err != nil {
		if tried, err = r.withoutTheWorst(ctx, tool, err); err != nil {
			return Report{}, fmt.Errorf("find out what contains a runner: %w", err)
		}
	}
	for _, w := range r.Walls {
		r.Words = append(r.Words, offered[w])
	}
	for _, a := range tried {
		if a.Open {
			r.Open = append(r.Open, a.What)
		}
	}
	return r, nil
}

// withoutTheWorst keeps the walls behind which the tool starts, one added after the other.
func (r *Report) withoutTheWorst(ctx context.Context, tool string, first error) (tried []Attempt, err error) {
	wanted := r.Walls
	r.Walls = nil
	if tried, err = attempt(ctx, tool, nil); err != nil {
		return nil, errors.Join(first, err)
	}
	for _, w := range wanted {
		more := append(slices.Clone(r.Walls), w)
		if t, err := attempt(ctx, tool, more); err != nil {
			r.Missing = append(r.Missing, Missing{w, fmt.Sprintf("bilevel does not start behind it: %v", err)})
		} else {
			r.Walls, tried = more, t
		}
	}
	return tried, ctx.Err()
}

// attempt has the tool try, behind these walls.
func attempt(ctx context.Context, tool string, walls []Wall) ([]Attempt, error) {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // it takes a twentieth of a second
	defer cancel()
	line := append(Spec{Walls: walls, Memory: RunnerMemory, CPU: 10 * time.Second}.Prefix(tool), tool, "contain", "--try")
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.Env = append([]string{}, "LANG=C.UTF-8")
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w: %.300s", strings.Join(line, " "), err, strings.TrimSpace(errs.String()))
	}
	var tried []Attempt
	if err := json.Unmarshal(out.Bytes(), &tried); err != nil {
		return nil, fmt.Errorf("%s: it answered %.100q, want what it tried: %w", strings.Join(line, " "), out.String(), err)
	}
	if len(tried) != len(attempts) {
		return nil, fmt.Errorf("%s: it tried %d things, want %d; is %s another version of bilevel?", strings.Join(line, " "), len(tried), len(attempts), os.Args[0])
	}
	return tried, nil
}
