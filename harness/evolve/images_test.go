package evolve

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/loop"
	"github.com/seed161a02ea/bilevel/mechanisms"
	"github.com/seed161a02ea/bilevel/mechanisms/catalog"
)

// The test binary is every runner of these tests. A copy of it that ends in a line "mark NAME SHADOW" is the runner of that
// mechanism: a real binary of its own, with its own hash, that is really exec'd.
const mark = "\nbilevel test image "

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "serve" {
		current, shadow := marked()
		os.Exit(loop.Main([]loop.Selection{{Current: current, Shadow: shadow}}, os.Args[1:2], os.Stdin, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}

// marked reads from the end of the running binary which mechanisms it is to run; the unmarked one runs the mechanism that
// its second argument names.
func marked() (current, shadow mechanisms.Entry) {
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		panic(err)
	}
	i := bytes.LastIndex(b, []byte(mark))
	if i < 0 || len(b)-i > 200 {
		return find(os.Args[2]), mechanisms.Entry{}
	}
	names := strings.Fields(string(b[i+len(mark):]))
	current, shadow = find(names[0]), find(names[1])
	current.Hash = hashOf(names[0])
	return current, shadow
}

func hashOf(name string) string { h := sha256.Sum256([]byte(name)); return hex.EncodeToString(h[:]) }

// find knows the mechanisms of the catalog and the villains below, which are called BEHAVIOUR-SEQ.
func find(name string) mechanisms.Entry {
	if e, err := catalog.Find(name); err == nil {
		return e
	}
	behaviour, at, _ := strings.Cut(name, "-")
	v := villain{behaviour: behaviour}
	if _, err := fmt.Sscan(at, &v.at); err != nil {
		panic("no mechanism " + name)
	}
	return mechanisms.Entry{Name: name, New: func() mechanisms.Mechanism { w := v; return &w }}
}

// A villain searches like greedy until trial at, and then misbehaves.
type villain struct {
	behaviour string
	at        int
}

func (m *villain) Propose(ctx context.Context, v mechanisms.View) (mechanisms.Proposal, error) {
	p, err := v.Suggest(ctx, mechanisms.Hint{})
	if v.Seq < m.at {
		return p, err
	}
	switch m.behaviour {
	case "panics":
		panic("on purpose")
	case "hangs":
		time.Sleep(time.Hour)
	case "overflows":
		return p, fmt.Errorf("%d", recurse(1))
	case "allocates":
		for hoard := [][]byte{}; ; {
			b := make([]byte, 16<<20)
			for i := 0; i < len(b); i += 4096 {
				b[i] = 1
			}
			hoard = append(hoard, b)
		}
	case "exits":
		os.Exit(0)
	case "garbles":
		_, _ = os.NewFile(loop.ToSupervisor, "").WriteString("{\"n\": 1, \"trust\": \"me\"}\n")
		time.Sleep(time.Hour)
	case "strays":
		p.Point[1] = 1e9
	case "wanders":
		p.Point, p.By = v.Incumbent.Point, ""
		for i, q := range v.Space.Params {
			if !v.Frozen(i) && q.Kind == mechanisms.Float {
				p.Point = p.Point.With(i, q.FromUnit01(0.8+0.1*v.Rand.Float64()))
			}
		}
	case "lingers":
		p.Point, p.By = v.Trials[0].Point, ""
		for i := range v.Space.Params {
			if v.Frozen(i) {
				p.Point = p.Point.With(i, v.Incumbent.Point[i])
			}
		}
	}
	return p, err
}

// recurse has an end that is never reached before the stack's.
func recurse(n int) int {
	if n == 1<<40 {
		return n
	}
	return recurse(n+1) + 1
}

func (m *villain) Accept(v mechanisms.View, t mechanisms.Trial) bool {
	if m.behaviour == "refuses" && t.Seq >= m.at {
		panic("refuses to judge")
	}
	return t.Better(v.Incumbent)
}

func (m *villain) Observe(t mechanisms.Trial) {
	if m.behaviour == "forgets" && t.Seq >= m.at {
		panic("nil map")
	}
}

// makeImage makes the runner of a mechanism.
func makeImage(t *testing.T, dir, name, shadow string) (path, hash string) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(exe)
	if err != nil {
		t.Fatal(err)
	}
	b = append(b, mark+name+" "+shadow+"\n"...)
	path = filepath.Join(dir, "image-"+name)
	if err := os.WriteFile(path, b, 0o755); err != nil {
		t.Fatal(err)
	}
	h := sha256.Sum256(b)
	return path, hex.EncodeToString(h[:])
}
