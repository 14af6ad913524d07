package build

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestRegistersInFlight reads the committed PTX as the PTX ISA asks of wgmma: between a fence and the instructions it stands before, nobody writes
// their registers, and until a wait that covers them nobody touches those of instructions under way. The sources cannot promise that, since
// the compiler may move what lies between two pieces of inline assembly.
func TestRegistersInFlight(t *testing.T) {
	files, err := filepath.Glob("../ptx/hopper*.ptx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no hopper*.ptx in ../ptx (error: %v)", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		instructions, wrong := inFlight(string(text))
		if instructions == 0 && strings.Contains(string(text), "wgmma.mma_async") {
			t.Errorf("%s: no matrix instruction is found", f)
		}
		for _, w := range wrong[:min(3, len(wrong))] {
			t.Errorf("%s: %s (%d such)", f, w, len(wrong))
		}
	}
}

// TestInFlightFinds plants what must be found.
func TestInFlightFinds(t *testing.T) {
	const multiply = "wgmma.mma_async.sync.aligned.m64n8k16.f32.bf16.bf16 {%f1, %f2}, {%r1, %r2, %r3, %r4}, %rd1, p, 1, 1, 0;\n"
	const commit, wait = "wgmma.commit_group.sync.aligned;\n", "wgmma.wait_group.sync.aligned 0;\n"
	for _, c := range []struct{ text, want string }{
		{"mov.b32 %r1, 0;\nwgmma.fence.sync.aligned;\n" + multiply + commit + wait + "add.f32 %f3, %f1, %f2;\n", ""},
		{"wgmma.fence.sync.aligned;\nmov.b32 %r1, 0;\n" + multiply + commit + wait, "writes %r1 after the fence"},
		{"wgmma.fence.sync.aligned;\n" + multiply + commit + "add.f32 %f3, %f1, %f4;\n" + wait, "touches %f1, which is in flight"},
		{"wgmma.fence.sync.aligned;\n" + multiply + commit + strings.ReplaceAll(strings.ReplaceAll(multiply, "%f", "%f1"), "%r", "%r1") + commit +
			"wgmma.wait_group.sync.aligned 1;\nadd.f32 %f3, %f1, %f2;\n" + wait, ""},
		{"wgmma.fence.sync.aligned;\n" + multiply + commit + "wgmma.wait_group.sync.aligned 1;\nmov.b32 %r2, 0;\n" + wait, "touches %r2, which is in flight"},
	} {
		n, wrong := inFlight(c.text)
		if got := strings.Join(wrong, "; "); n == 0 || (got == "") != (c.want == "") || !strings.Contains(got, c.want) {
			t.Errorf("%q: %d instructions, %q, want %q", c.text, n, got, c.want)
		}
	}
}

var (
	registerName = regexp.MustCompile(`%[fr]\d+`)
	inBraces     = regexp.MustCompile(`\{([^}]*)\}`)
	pendingOf    = regexp.MustCompile(`wgmma\.wait_group\.sync\.aligned (\d)`)
)

// inFlight follows the text in order, from label to label, and gives how many matrix instructions it saw and what is wrong.
func inFlight(text string) (instructions int, wrong []string) {
	var written map[string]bool // since the fence
	var groups [][]string       // registers of what is under way; the last group is not committed
	for n, line := range strings.Split(text, "\n") {
		line, _, _ = strings.Cut(line, "//")
		line = strings.TrimSpace(line)
		registers := registerName.FindAllString(line, -1)
		switch {
		case strings.HasSuffix(line, ":") || strings.HasPrefix(line, ".visible"):
			written, groups = nil, nil // where a jump may come from is not known
		case strings.HasPrefix(line, "wgmma.fence"):
			written = map[string]bool{}
		case strings.HasPrefix(line, "wgmma.mma_async"):
			instructions++
			var own []string
			for _, list := range inBraces.FindAllString(line, -1) {
				own = append(own, registerName.FindAllString(list, -1)...)
			}
			for _, r := range own {
				if written[r] {
					wrong = append(wrong, fmt.Sprintf("line %d: an instruction writes %s after the fence and before this", n+1, r))
				}
			}
			if len(groups) == 0 {
				groups = append(groups, nil)
			}
			groups[len(groups)-1] = append(groups[len(groups)-1], own...)
		case strings.HasPrefix(line, "wgmma.commit_group"):
			groups = append(groups, nil)
		case strings.HasPrefix(line, "wgmma.wait_group"):
			pending := int(pendingOf.FindStringSubmatch(line)[1][0] - '0')
			groups = groups[max(0, len(groups)-1-pending):]
		default:
			for i, r := range registers {
				for _, g := range groups {
					if slices.Contains(g, r) {
						wrong = append(wrong, fmt.Sprintf("line %d: %s touches %s, which is in flight", n+1, line, r))
					}
				}
				if i == 0 && written != nil && !strings.HasPrefix(line, "st.") && !strings.HasPrefix(line, "@") {
					written[r] = true
				}
			}
		}
	}
	return instructions, wrong
}
