//go:build cuda && linux && amd64

package cuda

import (
	"bytes"
	"cmp"
	flags "flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cuda/build"
	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
	"github.com/seed161a02ea/bilevel/kernels/cuda/ptx"
	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

var update = flags.Bool("update", false, "write the table of README.md anew")

// The H100 SXM of NVIDIA's datasheet: dense bfloat16 and memory. An H200 has 4.8e12 bytes a second.
const (
	peakFLOPs, peakBytes, peakBytesH200 = 989.4e12, 3.35e12, 4.8e12
	multiprocessors                     = 132
)

// usage is what one kernel does in a training step.
type usage struct {
	launches, shared int
	cost             cost
	floor, floorH200 float64 // seconds
}

// step lists the kernels of a step of the reference model, without running it or having its memory.
func step(t *testing.T, d *device) map[string]*usage {
	h := reference()
	p, err := gpt.NewPlan(h, 2048, 8192)
	if err != nil {
		t.Fatal(err)
	}
	m := gpt.NewModel(p, h, make([]int, p.V))
	reference := *d.Device
	reference.Multiprocessors = multiprocessors
	dev := *d
	dev.Device = &reference
	mem := layout(m, multiprocessors, &arena{base: 1 << 40})
	all := map[string]*usage{}
	times := 1
	hear := func(l launched) {
		c, err := costOf(l)
		if err != nil {
			t.Error(err)
		}
		if s, ok := l.arguments.(scatterArguments); ok {
			c.bytes += 2 * float64(p.B*p.T) * float64(s.c)
		}
		u := all[l.name]
		if u == nil {
			u = &usage{}
			all[l.name] = u
		}
		n := float64(times)
		u.launches += times
		u.shared = max(u.shared, l.Shared)
		u.cost.flops += n * c.flops
		u.cost.bytes += n * c.bytes
		u.floor += n * max(c.flops/peakFLOPs, c.bytes/peakBytes)
		u.floorH200 += n * max(c.flops/peakFLOPs, c.bytes/peakBytesH200)
	}
	script := func() *script {
		s := dev.script()
		s.heard = hear
		return s
	}
	c := compiler{script: script(), memory: mem, plan: p, in: mem.text}
	times = p.Micro
	c.compile(append(slices.Clone(m.Forward[:len(m.Forward)-1]), m.Backward...))
	times = 1
	u := script()
	for i, w := range mem.weights {
		if w.Role != gpt.Matrix {
			u.adamw(w, mem.scalars+driver.Pointer((3+2*i)*sizeFloat))
		}
	}
	for _, g := range mem.groups {
		u.muon(g.matrices, mem.scalars, g.rows, g.cols, len(g.weights), mem.muon)
	}
	if c.err != nil || u.err != nil {
		t.Fatal(c.err, u.err)
	}
	c.program.Free()
	u.program.Free()
	return all
}

func table(out *bytes.Buffer, all map[string]*usage, leaveOut map[string]*usage, registers map[string]map[string]int) {
	var names []string
	var total usage
	for name, u := range all {
		total.launches += u.launches
		total.cost.flops += u.cost.flops
		total.cost.bytes += u.cost.bytes
		total.floor += u.floor
		total.floorH200 += u.floorH200
		if leaveOut[name] == nil {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		return cmp.Or(cmp.Compare(all[b].floor, all[a].floor), cmp.Compare(a, b))
	})
	fmt.Fprint(out, "| kernel | launches | TFLOP | GB | floor, ms: H100 | H200 | registers | shared, KiB | spilled | measured | share of the floor |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|---|---|\n")
	for _, name := range names {
		u := all[name]
		arch := "sm_90"
		if strings.HasPrefix(name, "hopper") {
			arch = "sm_90a"
		}
		fmt.Fprintf(out, "| %s | %d | %.3f | %.2f | %.3f | %.3f | %d | %.1f | 0 | never run on a GPU | not known |\n", name, u.launches, u.cost.flops/1e12, u.cost.bytes/1e9, 1e3*u.floor,
			1e3*u.floorH200, registers[name][arch], float64(u.shared)/1024)
	}
	fmt.Fprintf(out, "| whole step | %d | %.2f | %.1f | %.2f | %.2f | | | | never run on a GPU | not known |\n", total.launches, total.cost.flops/1e12, total.cost.bytes/1e9, 1e3*total.floor, 1e3*total.floorH200)
}

// TestTable holds README.md's table of kernels against what a step of the reference model launches and what the assembler counted.
func TestTable(t *testing.T) {
	d, err := open(0)
	if err != nil {
		t.Skipf("%v: run go test without -tags cuda to test on the emulator", err)
	}
	defer d.Close()
	defer d.Enter()()
	h, err := d.withHopper()
	if err != nil {
		t.Fatal(err)
	}
	_, registers, _, err := build.ReadRegisters(".")
	if err != nil {
		t.Fatal(err)
	}
	hopper, plain := step(t, h), step(t, d)
	var text bytes.Buffer
	table(&text, hopper, nil, registers)
	fmt.Fprint(&text, "\nThe same step by the kernels for 8.0 and newer; those that both sets use are left out, and counted in the sum:\n\n")
	table(&text, plain, hopper, registers)
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := bytes.Cut(readme, []byte("<!-- table -->\n"))
	_, after, closed := bytes.Cut(rest, []byte("<!-- end of table -->\n"))
	if !ok || !closed {
		t.Fatal("README.md has no place for the table: want <!-- table --> and <!-- end of table -->")
	}
	want := slices.Concat(before, []byte("<!-- table -->\n"), text.Bytes(), []byte("<!-- end of table -->\n"), after)
	hold(t, "README.md", readme, want)
	holdHeaders(t, plain, hopper)
}

// hold compares a file with what it should be, or makes it so.
func hold(t *testing.T, name string, got, want []byte) {
	if *update {
		if err := os.WriteFile(name, want, 0o644); err != nil {
			t.Fatal(err)
		}
	} else if !bytes.Equal(want, got) {
		t.Errorf("%s says something else of the floors: run go test ./kernels/cuda -run TestOnTheEmulator/whole -update, and go generate ./kernels/cuda", name)
	}
}

// inStep is the last line of a source's header, which says what its kernels need in a step, by the set of kernels that it belongs to.
var inStep = regexp.MustCompile(`(?m)(^// In a step of README\.md: .*\n)?^(#include)`)

// holdHeaders holds that line in the sources of all kernels that a step launches.
func holdHeaders(t *testing.T, plain, hopper map[string]*usage) {
	files, err := fs.Glob(ptx.Files, "*.ptx")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := ptx.Files.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		set := plain
		if isHopper(file) {
			set = hopper
		}
		var sum usage
		for _, m := range regexp.MustCompile(`\.visible \.entry (\w+)`).FindAllSubmatch(text, -1) {
			if u := set[string(m[1])]; u != nil {
				sum.floor += u.floor
				sum.floorH200 += u.floorH200
			}
		}
		if sum.floor == 0 {
			if !isProbe(file) {
				t.Errorf("no kernel of %s is in a step", file)
			}
			continue
		}
		name := filepath.Join("source", strings.TrimSuffix(file, ".ptx")+".cu")
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		line := fmt.Sprintf("// In a step of README.md: floor %.3f ms on an H100, %.3f on an H200; measured: never run on a GPU; share of the floor: not known.\n", 1e3*sum.floor, 1e3*sum.floorH200)
		at := inStep.FindSubmatchIndex(source)
		if at == nil {
			t.Fatalf("%s has no header before its first include", name)
		}
		hold(t, name, source, slices.Concat(source[:at[0]], []byte(line), source[at[4]:]))
	}
}
