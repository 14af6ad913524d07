//go:build cuda && linux && amd64

package cuda

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"
)

// TestMain is the program that a check runs again for each part, some of which only this test has.
func TestMain(m *testing.M) {
	parts = append(parts, planted...)
	if text, asked := os.LookupEnv(partVariable); asked {
		if err := runPart(os.Stdout, text); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// planted are parts whose processes end badly.
var planted = []part{
	{"planted: a process that dies", SM80, 20 * time.Second, func(c *checker) {
		c.run("one", func(*bench) {})
		c.run("two", func(*bench) { os.Exit(3) })
		c.run("three", func(b *bench) { b.Errorf("is wrong") })
		c.row("a row")
	}},
	{"planted: a process that hangs", SM80, 2 * time.Second, func(c *checker) {
		c.run("four", func(*bench) { select {} })
		c.run("five", func(*bench) {})
	}},
	{"planted: a kernel that faults", SM80, 20 * time.Second, func(c *checker) {
		c.run("eight", func(b *bench) {
			p := b.alloc(1 << 14)
			b.run(func(s *script) {
				launch(s, "matrix_nt_small_8", line(1), 128, smallShared, matrixArguments{a: p + 2, b: p, d: p, m: 64, n: 64, k: 32, strideA: 32, strideB: 32, strideD: 64})
			})
		})
		c.run("nine", func(b *bench) { b.floats(1, 8, constant(1)) })
	}},
	{"planted: a part that panics", SM80, 20 * time.Second, func(c *checker) {
		c.run("six", func(*bench) { panic("the context is gone") })
		c.run("seven", func(*bench) {})
	}},
}

// TestCheckOutlivesItsParts runs a check whose parts die, hang and panic: each is reported, what follows runs, and the tables come last.
func TestCheckOutlivesItsParts(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	d.Close()
	var out bytes.Buffer
	err = supervise(&out, append([]part{parts[0]}, planted...), 0, 5, time.Minute)
	if err == nil || !strings.Contains(err.Error(), "5 of ") {
		t.Errorf("the check says %v, want that 5 checks failed", err)
	}
	for _, want := range []string{"emulated device, compute capability 8.0", "probes of 9.0", `its process ended in "two"`, "FAIL three: is wrong",
		`no answer in "four"`, "FAIL eight", "the device's context is lost", "FAIL six: the context is gone", "part", "a row"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q", want)
		}
	}
	if text := out.String(); strings.LastIndex(text, "a row") < strings.LastIndex(text, "planted: a part that panics") || strings.Contains(text, mark) {
		t.Error("the table does not come last, or messages between processes are printed")
	}
	if t.Failed() {
		t.Log(out.String())
	}
}
