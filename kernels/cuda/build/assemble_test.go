package build

import (
	"errors"
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestPTXAssembles turns the PTX into machine code for every architecture it is meant for, where NVIDIA's assembler can be had, and holds
// every kernel to registers: nothing spilled, room for the blocks that should share a multiprocessor, and no more than ptx/registers has.
func TestPTXAssembles(t *testing.T) {
	version, err := AssemblerVersion()
	if errors.Is(err, ErrMissing) {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	counted, most, current, err := ReadRegisters("..")
	if err != nil {
		t.Fatal(err)
	}
	if !current {
		t.Error("ptx/registers is of other PTX than what is committed: run go generate ./kernels/cuda")
	}
	names, err := Sources("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all, err := Assemble("..", name)
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range all {
				if err := u.Within(); err != nil {
					t.Error(err)
				}
				limit, ok := most[u.Kernel][u.Arch]
				// Another version of the assembler may count a few more.
				if version != counted {
					limit += 8
				}
				if !ok || u.Registers > limit {
					t.Errorf("%s for %s uses %d registers by ptxas %s, and ptx/registers allows %d (by %s)", u.Kernel, u.Arch, u.Registers, version, limit, counted)
				}
			}
		})
	}
}

// TestRegistersAreOfAllKernels needs no assembler.
func TestRegistersAreOfAllKernels(t *testing.T) {
	_, registers, _, err := ReadRegisters("..")
	if err != nil {
		t.Fatal(err)
	}
	names, err := Sources("..")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		text, err := os.ReadFile("../ptx/" + name + ".ptx")
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\.visible \.entry (\w+)`).FindAllSubmatch(text, -1) {
			for _, arch := range architectures(name) {
				if registers[string(m[1])][arch] == 0 {
					t.Errorf("ptx/registers lacks %s for %s: run go generate ./kernels/cuda where ptxas is", m[1], arch)
				}
			}
		}
	}
}

// TestUsageWithin plants kernels that use too much.
func TestUsageWithin(t *testing.T) {
	for _, c := range []struct {
		u    Usage
		want string
	}{
		{Usage{Registers: 128, Threads: 256, Sharing: 2}, ""},
		{Usage{Registers: 168, Threads: 384, Sharing: 1}, ""},
		{Usage{Registers: 129, Threads: 256, Sharing: 2}, "too many for 2 blocks of 256 threads"},
		{Usage{Registers: 64, Threads: 128, SpillStores: 8, SpillLoads: 4, Stack: 8}, "spills 8 and 4 bytes"},
	} {
		err := c.u.Within()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.u, err, c.want)
		}
	}
}
