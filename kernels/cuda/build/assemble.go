package build

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// Usage is what NVIDIA's assembler says of one kernel on one architecture.
type Usage struct {
	Kernel, Arch string
	// Registers of a thread, at most 255, and bytes of its stack and of what it spills there: registers are what a kernel should live in.
	Registers, Stack, SpillStores, SpillLoads int
	// Threads is the most that a block may have, Sharing how many blocks are meant to share a multiprocessor; 0 where the PTX does not say.
	Threads, Sharing int
}

// architectures are what each set of kernels is assembled for: those of compute capability 8.0 serve every newer device, so the assembler
// must like them on all.
func architectures(name string) []string {
	if strings.HasPrefix(name, "hopper") {
		return []string{"sm_90a"}
	}
	return []string{"sm_80", "sm_86", "sm_89", "sm_90"}
}

// AssemblerVersion is that of ptxas, such as 12.4.131. Its error wraps ErrMissing where none is installed, or one older than CUDA 12,
// which does not know sm_90a.
func AssemblerVersion() (string, error) {
	const remedy = "ptxas of CUDA 12 or newer is in Debian's nvidia-cuda-toolkit, from trixie on, in non-free; .ci/ptxas fetches it alone"
	if err := need("ptxas", remedy); err != nil {
		return "", err
	}
	text, err := output(exec.Command("ptxas", "--version"))
	if err != nil {
		return "", err
	}
	found := regexp.MustCompile(`V((\d+)\.\d+\.\d+)`).FindSubmatch(text)
	if found == nil {
		return "", fmt.Errorf("build: ptxas --version says %q, want a version", text)
	}
	if major, err := strconv.Atoi(string(found[2])); err != nil || major < 12 {
		return "", fmt.Errorf("build: ptxas of CUDA 12 is %w, this is %s: %s", ErrMissing, found[1], remedy)
	}
	return string(found[1]), nil
}

var (
	// used matches what ptxas -v says of a kernel.
	used = regexp.MustCompile(`Compiling entry function '(\w+)' for '(\w+)'\n[^\n]*\n\s*(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads\n[^\n]*Used (\d+) registers`)
	// bounds matches a kernel's limits in PTX.
	bounds = regexp.MustCompile(`\.visible \.entry (\w+)\([^)]*\)\s*\.maxntid (\d+), 1, 1[^\n]*\n(?:\.minnctapersm (\d+))?`)
	// slow matches what ptxas says where it makes matrix instructions wait for each other (C7510 and up), or gives setmaxnreg up (C7508).
	slow = regexp.MustCompile(`\(C75\d\d\)[^\n]*`)
)

// Assemble turns a file of PTX into machine code for every architecture it is meant for, and says what its kernels use, in order. It fails
// where the assembler refuses the file or makes it slow.
func Assemble(dir, name string) ([]Usage, error) {
	path := filepath.Join(dir, "ptx", name+".ptx")
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("build: %w", err)
	}
	limits := map[string][2]int{}
	for _, m := range bounds.FindAllSubmatch(text, -1) {
		threads, _ := strconv.Atoi(string(m[2]))
		sharing, _ := strconv.Atoi(string(m[3])) // 0 where there is none
		limits[string(m[1])] = [2]int{threads, sharing}
	}
	var all []Usage
	for _, arch := range architectures(name) {
		out, err := exec.Command("ptxas", "-arch="+arch, "-v", path, "-o", os.DevNull).CombinedOutput()
		if err != nil {
			return nil, fmt.Errorf("build: ptxas: %s for %s: %w\n%s", name, arch, err, out)
		}
		if s := slow.Find(out); s != nil {
			return nil, fmt.Errorf("build: ptxas: %s for %s: %s", name, arch, s)
		}
		for _, m := range used.FindAllStringSubmatch(string(out), -1) {
			u := Usage{Kernel: m[1], Arch: arch, Threads: limits[m[1]][0], Sharing: limits[m[1]][1]}
			for i, to := range []*int{&u.Stack, &u.SpillStores, &u.SpillLoads, &u.Registers} {
				if *to, err = strconv.Atoi(m[3+i]); err != nil {
					return nil, fmt.Errorf("build: ptxas: %s: %w", u.Kernel, err)
				}
			}
			all = append(all, u)
		}
	}
	if len(all) != len(limits)*len(architectures(name)) || len(all) == 0 {
		return nil, fmt.Errorf("build: ptxas speaks of %d kernels in %s, want the %d of the file on %d architectures", len(all), name, len(limits), len(architectures(name)))
	}
	return all, nil
}

// Within says what is wrong with what a kernel uses: nothing may be spilled, and a block, or as many as are meant to share a
// multiprocessor of 65536 registers, must have room.
func (u Usage) Within() error {
	if u.Stack != 0 || u.SpillStores != 0 || u.SpillLoads != 0 {
		return fmt.Errorf("%s for %s has a stack of %d bytes and spills %d and %d bytes, want none", u.Kernel, u.Arch, u.Stack, u.SpillStores, u.SpillLoads)
	}
	// Registers are handed out to warps, eight a thread at a time.
	if blocks := max(u.Sharing, 1); (u.Registers+7)/8*8*u.Threads*blocks > 65536 {
		return fmt.Errorf("%s for %s uses %d registers, too many for %d blocks of %d threads", u.Kernel, u.Arch, u.Registers, blocks, u.Threads)
	}
	return nil
}

// Registers is the text of ptx/registers: the assembler's version, a hash of the PTX, and the registers of every kernel by architecture.
func Registers(dir, version string) ([]byte, error) {
	names, err := Sources(dir)
	if err != nil {
		return nil, err
	}
	hash, err := ptxHash(dir)
	if err != nil {
		return nil, err
	}
	var text bytes.Buffer
	fmt.Fprintf(&text, "ptxas %s\nptx %s\n", version, hash)
	for _, name := range names {
		all, err := Assemble(dir, name)
		if err != nil {
			return nil, err
		}
		sort.SliceStable(all, func(i, j int) bool { return all[i].Kernel < all[j].Kernel })
		for _, u := range all {
			if err := u.Within(); err != nil {
				return nil, fmt.Errorf("build: %w", err)
			}
			fmt.Fprintf(&text, "%s %s %d\n", u.Kernel, u.Arch, u.Registers)
		}
	}
	return text.Bytes(), nil
}

// ptxHash stands for the PTX that registers were counted in.
func ptxHash(dir string) (string, error) { return sum(newHash(), dir, "ptx/*.ptx") }

// ReadRegisters reads ptx/registers: kernels by name and then architecture. current says whether it was made from the PTX beside it.
func ReadRegisters(dir string) (version string, registers map[string]map[string]int, current bool, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "ptx", "registers"))
	if err != nil {
		return "", nil, false, fmt.Errorf("build: %w", err)
	}
	hash, err := ptxHash(dir)
	if err != nil {
		return "", nil, false, err
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	if len(lines) < 3 {
		return "", nil, false, fmt.Errorf("build: ptx/registers has %d lines, want a version, a hash and kernels", len(lines))
	}
	registers = map[string]map[string]int{}
	for _, line := range lines[2:] {
		var kernel, arch string
		var n int
		if _, err := fmt.Sscanf(line, "%s %s %d", &kernel, &arch, &n); err != nil {
			return "", nil, false, fmt.Errorf("build: ptx/registers: line %q, want a kernel, an architecture and a number: %w", line, err)
		}
		if registers[kernel] == nil {
			registers[kernel] = map[string]int{}
		}
		registers[kernel][arch] = n
	}
	return strings.TrimPrefix(lines[0], "ptxas "), registers, lines[1] == "ptx "+hash, nil
}
