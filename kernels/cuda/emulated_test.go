//go:build !cuda && linux && amd64

package cuda

import (
	"errors"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/cuda/build"
)

var update = flag.Bool("update", false, "write the table of README.md anew")

// TestOnTheEmulator builds this package's tests with the tag cuda and runs them against a libcuda.so.1 that runs the kernels on the
// processor: with threads in ascending and in descending order, and with the address sanitizer.
func TestOnTheEmulator(t *testing.T) {
	if testing.Short() {
		t.Skip("the emulator takes a few seconds")
	}
	library := emulator(t, false)
	binary := filepath.Join(t.TempDir(), "cuda.test")
	compile := exec.Command("go", "test", "-c", "-vet=off", "-tags", "cuda", "-o", binary, ".")
	compile.Env = toolless(t)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(compile.Args, " "), err, out)
	}
	run := func(t *testing.T, environment []string, arguments ...string) {
		c := exec.Command(binary, arguments...)
		c.Env = append(os.Environ(), environment...)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Errorf("%v:\n%s", err, out)
		}
		if strings.Contains(string(out), "no tests to run") {
			t.Errorf("%s ran no tests", strings.Join(arguments, " "))
		}
	}
	t.Run("whole steps", func(t *testing.T) {
		t.Parallel()
		arguments := []string{"-test.run", whole}
		if *update {
			arguments = []string{"-test.run", "TestTable", "-update"}
		}
		run(t, []string{"LD_LIBRARY_PATH=" + library}, arguments...)
	})
	t.Run("ascending", func(t *testing.T) {
		t.Parallel()
		run(t, []string{"LD_LIBRARY_PATH=" + library}, "-test.skip", whole)
	})
	t.Run("descending", func(t *testing.T) {
		t.Parallel()
		run(t, []string{"LD_LIBRARY_PATH=" + library, "BILEVEL_EMULATOR_ORDER=reverse"}, "-test.skip", whole)
	})
	t.Run("sums cut off", func(t *testing.T) {
		t.Parallel()
		for _, trials := range []string{"^(products|weight_gradients|attention|loss)$", "^9.0$/(tn_192x520x344|1100_tokens|T:129)"} {
			run(t, []string{"LD_LIBRARY_PATH=" + library, "BILEVEL_EMULATOR_SUMS=cut"}, "-test.run", "TestKernels/"+trials)
		}
	})
	t.Run("address sanitizer", func(t *testing.T) {
		t.Parallel()
		run(t, []string{"LD_LIBRARY_PATH=" + emulator(t, true), "LD_PRELOAD=" + sanitizers(t),
			"ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=0"}, "-test.skip", whole)
	})
}

// whole names the tests of whole steps, which need minutes where every access is checked, and of what a step launches.
const whole = "TestConformance|TestSteps|TestTable"

func emulator(t *testing.T, check bool) string {
	library, err := build.Emulator(".", check)
	if errors.Is(err, build.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return library
}

// toolless is the environment in which -tags cuda builds without a CUDA toolkit.
func toolless(t *testing.T) []string {
	environment, err := build.Cgo(".")
	if errors.Is(err, build.ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return environment
}

// sanitizers lists the libraries that must be loaded before the program.
func sanitizers(t *testing.T) string {
	var all []string
	for _, name := range []string{"libasan.so", "libubsan.so"} {
		out, err := exec.Command("g++", "-print-file-name="+name).Output()
		path := strings.TrimSpace(string(out))
		if err != nil || !filepath.IsAbs(path) {
			t.Skipf("%s is not installed: apt-get install libasan8 libubsan1", name)
		}
		all = append(all, path)
	}
	return strings.Join(all, " ")
}

// TestWithoutDriver builds a program with the tag cuda and starts it where no driver is found.
func TestWithoutDriver(t *testing.T) {
	binary := filepath.Join(t.TempDir(), "devices")
	compile := exec.Command("go", "build", "-tags", "cuda", "-o", binary, "./driver/devices")
	compile.Env = toolless(t)
	if out, err := compile.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(compile.Args, " "), err, out)
	}
	if _, err := os.Stat("/dev/nvidiactl"); err == nil {
		t.Skip("this machine has an NVIDIA driver")
	}
	out, err := exec.Command(binary).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "no CUDA driver: libcuda.so.1 is not found") {
		t.Errorf("the program says %q (error: %v), want that libcuda.so.1 is not found", out, err)
	}
	list := exec.Command(binary)
	list.Env = append(os.Environ(), "LD_LIBRARY_PATH="+emulator(t, false))
	if out, err := list.CombinedOutput(); err != nil || string(out) != "emulated device, compute capability 8.0, 4096 MiB\n" {
		t.Errorf("with the emulator the program says %q (error: %v)", out, err)
	}
}
