package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// most is how many registers a kernel may use, where two blocks are meant to share a multiprocessor of 65536.
var most = []struct {
	kernels   *regexp.Regexp
	registers int
}{
	{regexp.MustCompile(`^(matrix|loss)_\w*(large|small)`), 128},
	{regexp.MustCompile(`^(norm|mix|embed|scatter|adamw|muon)_`), 64},
}

// used matches what ptxas -v says of a kernel.
var used = regexp.MustCompile(`function '(\w+)' for 'sm_\d+'\n[^\n]*\n\s*(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads\n[^\n]*Used (\d+) registers`)

// TestPTXAssembles compiles the PTX to machine code where NVIDIA's assembler is found, and holds every kernel to registers: nothing
// spilled, no stack, and room for a second block.
func TestPTXAssembles(t *testing.T) {
	assembler, err := exec.LookPath("ptxas")
	if err != nil {
		t.Skip("ptxas is not installed; it comes with the CUDA toolkit (Debian: nvidia-cuda-toolkit, in non-free)")
	}
	files, err := filepath.Glob("../ptx/*.ptx")
	if err != nil || len(files) == 0 {
		t.Fatalf("no PTX (error: %v)", err)
	}
	for _, f := range files {
		t.Run(filepath.Base(f), func(t *testing.T) {
			for _, arch := range targets(t, assembler, filepath.Base(f)) {
				out, err := exec.Command(assembler, "-arch="+arch, "-v", f, "-o", os.DevNull).CombinedOutput()
				if err != nil {
					t.Fatalf("for %s: %v\n%s", arch, err, out)
				}
				kernels := used.FindAllStringSubmatch(string(out), -1)
				if len(kernels) == 0 {
					t.Fatalf("for %s ptxas speaks of no kernel:\n%s", arch, out)
				}
				for _, k := range kernels {
					checkKernel(t, arch, k)
				}
			}
		})
	}
}

// targets are what a file is assembled for. Hopper's own needs an assembler of CUDA 12.
func targets(t *testing.T, assembler, name string) []string {
	if !strings.HasPrefix(name, "hopper") {
		return []string{"sm_80", "sm_90"}
	}
	help, err := exec.Command(assembler, "--help").Output()
	if err != nil || !strings.Contains(string(help), "sm_90a") {
		t.Skipf("this ptxas does not know sm_90a (error: %v): install CUDA 12", err)
	}
	return []string{"sm_90a"}
}

func checkKernel(t *testing.T, arch string, k []string) {
	registers, err := strconv.Atoi(k[5])
	if err != nil {
		t.Fatal(err)
	}
	if k[2] != "0" || k[3] != "0" || k[4] != "0" {
		t.Errorf("%s for %s has a stack of %s bytes and spills %s and %s bytes, want none", k[1], arch, k[2], k[3], k[4])
	}
	for _, m := range most {
		if m.kernels.MatchString(k[1]) && registers > m.registers {
			t.Errorf("%s for %s uses %d registers, want at most %d", k[1], arch, registers, m.registers)
		}
	}
}
