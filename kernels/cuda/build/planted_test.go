package build

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// planted are faults in how blocks share stages and how tiles leave, and what comes of each.
var planted = []struct{ name, old, new, want string }{
	{"none", "", "", "right"},
	{"a stage is freed before the partner has read it", "if (lane() < CLUSTER) barrier_arrive_at(empty, lane());",
		"if (lane() < CLUSTER) barrier_arrive_at(empty, cluster_rank());", "nan, want"},
	{"only the partner's stage is freed", "if (lane() < CLUSTER) barrier_arrive_at(empty, lane());",
		"if (lane() == 0) barrier_arrive_at(empty, 1 - cluster_rank());", "wait for what none of them will do"},
	{"a mask without the partner", "(1 << CLUSTER) - 1);\n}", "1 << cluster_rank());\n}", "wait for what none of them will do"},
	{"a mask of three blocks", "(1 << CLUSTER) - 1);\n}", "7);\n}", "a block is reached for that the cluster does not have"},
	{"too few bytes expected", "barrier_expect(full + turn.stage, STAGE_BYTES);", "barrier_expect(full + turn.stage, STAGE_BYTES / 2);", "more bytes arrive"},
	{"too many bytes expected", "barrier_expect(full + turn.stage, STAGE_BYTES);", "barrier_expect(full + turn.stage, STAGE_BYTES + 16);", "wait for what none of them will do"},
	{"both blocks bring the same half", "int first = cluster_rank() * SHARE;", "int first = 0;", "number (0, "},
	{"a block leaves while its partner reaches into it", "  for (int i = 0; i < STAGES; i++, turn.next()) barrier_wait(empty + turn.stage, turn.parity);\n", "", "is gone when another reaches into"},
	{"registers are not handed to the matrix units", "group_begin();", "", "multiplies without group_begin()"},
	{"a place is written while it is read", "stores_read<PLACES - 1>();", "stores_read<PLACES>();", "changes while it is copied"},
	{"a place is written before the reader has waited", "    if (leads) stores_read<PLACES - 1>();\n    group_synchronize();", "    if (leads) stores_read<PLACES - 1>();", "changes while it is copied"},
	{"a place is copied before all have written", "    written_for_copies();\n    group_synchronize();", "    written_for_copies();", "changes while it is copied"},
	{"writes are not handed to the copies", "    written_for_copies();\n", "", "nan, want"},
	{"a box is not swizzled", " ^ lane() % 8)", ")", "number (1, "},
	{"stores are not committed", "stores_commit();", "", "leaves before its stores have read"},
	{"nobody waits for the last stores", "  stores_read<0>();", "", "leaves before its stores have read"},
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
	flags := []string{"-std=c++17", "-O1", "-Wno-psabi", "-Wno-unknown-pragmas", "-DEMULATED", "-I../emulator"}
	var files []string
	for _, name := range []string{"emulator", "groups", "pipeline"} {
		files = append(files, filepath.Join("..", "emulator", name+".cc"))
	}
	objects, err := compile(files, work, append(flags, "-I../source"))
	if err != nil {
		t.Fatal(err)
	}
	headers, err := filepath.Glob("../source/*.h")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range planted {
		t.Run(p.name, func(t *testing.T) {
			t.Parallel()
			dir, places := t.TempDir(), 0
			for _, header := range headers {
				text, err := os.ReadFile(header)
				if err != nil {
					t.Fatal(err)
				}
				if name := filepath.Base(header); p.old != "" && (name == "hopper_product.h" || name == "hopper_store.h") {
					places += strings.Count(string(text), p.old)
					text = []byte(strings.Replace(string(text), p.old, p.new, 1))
				}
				if err := os.WriteFile(filepath.Join(dir, filepath.Base(header)), text, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if p.old != "" && places != 1 {
				t.Fatalf("the headers have %q %d times, want once: plant the fault anew", p.old, places)
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
