package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted are faults of a cluster's protocol, and what comes of each.
var planted = []struct{ name, old, new, want string }{
	{"none", "", "", "right"},
	{"a stage is freed before the partner has read it", "if (lane() < CLUSTER) barrier_arrive_at(empty, lane());",
		"if (lane() < CLUSTER) barrier_arrive_at(empty, cluster_rank());", "is -nan"},
	{"only the partner's stage is freed", "if (lane() < CLUSTER) barrier_arrive_at(empty, lane());",
		"if (lane() == 0) barrier_arrive_at(empty, 1 - cluster_rank());", "wait for what none of them will do"},
	{"a mask without the partner", "(1 << CLUSTER) - 1);\n}", "1 << cluster_rank());\n}", "wait for what none of them will do"},
	{"a mask of three blocks", "(1 << CLUSTER) - 1);\n}", "7);\n}", "a block is reached for that the cluster does not have"},
	{"too few bytes expected", "barrier_expect(full + turn.stage, STAGE_BYTES);", "barrier_expect(full + turn.stage, STAGE_BYTES / 2);", "more bytes arrive"},
	{"too many bytes expected", "barrier_expect(full + turn.stage, STAGE_BYTES);", "barrier_expect(full + turn.stage, STAGE_BYTES + 16);", "wait for what none of them will do"},
	{"both blocks bring the same half", "int first = cluster_rank() * SHARE;", "int first = 0;", "number (0, "},
	{"a block leaves while its partner reaches into it", "  for (int i = 0; i < STAGES; i++, turn.next()) barrier_wait(empty + turn.stage, turn.parity);\n", "", "is gone when another reaches into"},
	{"registers are not handed to the matrix units", "group_begin();", "", "multiplies without group_begin()"},
	{"nobody waits for the partner's barriers to begin", "cluster_begun();", "__syncthreads();", "a barrier is used that nobody has begun"},
}

// TestPlantedFaults builds a product by clusters with each of them.
func TestPlantedFaults(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles the product once for each fault")
	}
	if err := need("g++", "apt-get install g++"); err != nil {
		t.Skip(err)
	}
	work := t.TempDir()
	flags := []string{"-std=c++17", "-O1", "-Wno-psabi", "-Wno-unknown-pragmas", "-DEMULATED", "-I../source", "-I../emulator"}
	var files []string
	for _, name := range []string{"emulator", "groups", "pipeline"} {
		files = append(files, filepath.Join("..", "emulator", name+".cc"))
	}
	objects, err := compile(files, work, flags)
	if err != nil {
		t.Fatal(err)
	}
	const header = "hopper_product.h"
	source, err := os.ReadFile(filepath.Join("..", "source", header))
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			if p.old != "" && strings.Count(string(source), p.old) != 1 {
				t.Fatalf("%s has %q %d times, want once: plant the fault anew", header, p.old, strings.Count(string(source), p.old))
			}
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, header), []byte(strings.Replace(string(source), p.old, p.new, 1)), 0o644); err != nil {
				t.Fatal(err)
			}
			binary := filepath.Join(dir, "pairs")
			arguments := append([]string{"-I" + dir}, flags...)
			arguments = append(arguments, "testdata/pairs.cc", "-o", binary)
			if _, err := output(exec.Command("g++", append(arguments, objects...)...)); err != nil {
				t.Fatal(err)
			}
			out, _ := exec.Command(binary).CombinedOutput() // it fails where it found something
			if !strings.Contains(string(out), p.want) {
				t.Errorf("the product says %q, want %q", out, p.want)
			}
		})
	}
}
