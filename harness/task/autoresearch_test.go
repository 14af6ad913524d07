//go:build unix

package task

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/mechanisms"
)

// trainPy stands in for karpathy/autoresearch's train.py: the block of constants as it is at 228791f, which a shell reads
// when uv is asked to run it, and prints what train.py prints.
const trainPy = `# Model architecture
ASPECT_RATIO = 64       # model_dim = depth * ASPECT_RATIO
HEAD_DIM = 128          # target head dimension for attention
WINDOW_PATTERN = "SSSL" # sliding window pattern: L=full, S=half context

# Optimization
TOTAL_BATCH_SIZE = 2**19 # ~524K tokens per optimizer step
EMBEDDING_LR = 0.6      # learning rate for token embeddings (Adam)
UNEMBEDDING_LR = 0.004  # learning rate for lm_head (Adam)
MATRIX_LR = 0.04        # learning rate for matrix parameters (Muon)
SCALAR_LR = 0.5         # learning rate for per-layer scalars (Adam)
WEIGHT_DECAY = 0.2      # cautious weight decay for Muon
ADAM_BETAS = (0.8, 0.95) # Adam beta1, beta2
WARMUP_RATIO = 0.0      # fraction of time budget for LR warmup
WARMDOWN_RATIO = 0.5    # fraction of time budget for LR warmdown
FINAL_LR_FRAC = 0.0     # final LR as fraction of initial

# Model size
DEPTH = 8               # number of transformer layers
DEVICE_BATCH_SIZE = 128  # per-device batch size (reduce if OOM)

torch.manual_seed(42)
print(f"val_bpb:          {val_bpb:.6f}")
`

// uv stands in for the program: it reads the constants as Python would and fails as train.py does.
const uv = `#!/bin/sh
test "$*" = "run --no-sync train.py" && test -d .venv || { echo "uv: $*" >&2; exit 2; }
value() { sed -n "s/^$1 = //p" train.py | sed 's/ *#.*//'; }
echo "Vocab size: 8,192"
if test "$(value DEVICE_BATCH_SIZE)" = 256 && test "$(value DEPTH)" = 24; then
	echo "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 79.18 GiB" >&2
	exit 1
fi
if test "$(value MATRIX_LR)" = 0.2; then printf '\rstep 00003 (0.0%%) | loss: 99.1'; echo; echo FAIL; exit 1; fi
if test "$(value HEAD_DIM)" = 64; then
	printf 'Traceback (most recent call last):\n  File "train.py", line 496, in <module>\n    assert TOTAL_BATCH_SIZE %% tokens_per_fwdbwd == 0\nAssertionError\n' >&2
	exit 1
fi
printf '\rstep 00000 (0.0%%) | loss: 9.011000 | lrm: 1.00    \rstep 00952 (99.9%%) | loss: 2.8 | lrm: 0.00    '
echo
grep '^[A-Z_]* = ' train.py > .venv/seen
cat <<END
---
val_bpb:          0.997900
training_seconds: 300.1
total_seconds:    325.9
peak_vram_mb:     45060.2
mfu_percent:      39.80
total_tokens_M:   499.6
num_steps:        953
num_params_M:     50.3
depth:            $(value DEPTH)
END
`

func TestTheShippedFileSearchesAutoresearch(t *testing.T) {
	t.Setenv("BILEVEL_CACHE", t.TempDir())
	text, err := os.ReadFile("../../templates/tasks/autoresearch.yaml")
	if err != nil {
		t.Fatal(err)
	}
	folder, bin := t.TempDir(), t.TempDir()
	for name, b := range map[string]string{filepath.Join(folder, "a.yaml"): string(text), filepath.Join(folder, "train.py"): trainPy, filepath.Join(bin, "uv"): uv} {
		if err := os.WriteFile(name, []byte(b), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(folder, ".venv"), 0o777); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	s, err := ReadCommand(filepath.Join(folder, "a.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	task := openSpec(t, s)
	space := task.Space()
	gpu, err := FindSize("gpu")
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range space.Params {
		at := gpu.Space.Index(p.Name)
		if at < 0 || gpu.Space.Params[at].Default != p.Default || gpu.Space.Params[at].Min != p.Min || gpu.Space.Params[at].Max != p.Max {
			t.Errorf("parameter %d, %s, differs from that of the gpu size", i, p.Name)
		}
	}
	if len(space.Params) != len(gpu.Space.Params) {
		t.Errorf("got %d parameters, want %d", len(space.Params), len(gpu.Space.Params))
	}

	point := space.Default()
	for name, value := range map[string]string{"DEPTH": "12", "TOTAL_BATCH_SIZE": "262144", "WINDOW_PATTERN": "SSLL", "ADAM_BETA2": "0.99", "UNEMBEDDING_LR": "0.00123"} {
		i := space.Index(name)
		if point[i], err = space.Params[i].Parse(value); err != nil {
			t.Fatal(err)
		}
	}
	var shares []float64
	r, err := task.Train(t.Context(), point, 1, func(p Progress) {
		if p.Curve == nil {
			shares = append(shares, p.Fraction)
		}
	})
	if err != nil || r.BPB != 0.9979 || len(shares) != 2 {
		t.Fatalf("got %v bits per byte, progress %v (%v); want 0.9979 and two reports", r.BPB, shares, err)
	}
	// The stand-in prints its loss at the beginning and at the end, so the curve is the line between.
	if len(r.Curve) != 9 || r.Curve[0].Fraction != 0.1 || !(r.Curve[0].BPB > r.Curve[8].BPB) {
		t.Errorf("learning curve %v, want nine points that fall", r.Curve)
	}
	seen, err := os.ReadFile(filepath.Join(folder, ".venv", "seen"))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.NewReplacer("DEPTH = 8", "DEPTH = 12", "2**19", "262144", "SSSL", "SSLL", "(0.8, 0.95)", "(0.8, 0.99)", "0.004", "0.00123", "= 0.0 ", "= 0 ").Replace(trainPy)
	var constants []string
	for line := range strings.Lines(want) {
		if strings.Contains(line, "_") && strings.Contains(line, " = ") || strings.HasPrefix(line, "DEPTH") {
			constants = append(constants, line)
		}
	}
	if string(seen) != strings.Join(constants, "") || len(constants) != 15 {
		t.Errorf("the program saw\n%swant the %d constants\n%s", seen, len(constants), strings.Join(constants, ""))
	}
	if after, err := os.ReadFile(filepath.Join(folder, "train.py")); err != nil || string(after) != trainPy {
		t.Errorf("the user's own train.py was edited (%v)", err)
	}

	for _, c := range []struct {
		set  map[string]float64
		want mechanisms.Status
	}{
		{map[string]float64{"DEVICE_BATCH_SIZE": 256, "DEPTH": 24}, mechanisms.OutOfMem},
		{map[string]float64{"MATRIX_LR": 0.2}, mechanisms.Diverged},
		{map[string]float64{"HEAD_DIM": 64}, mechanisms.Refused},
	} {
		p := space.Default()
		for name, v := range c.set {
			p[space.Index(name)] = v
		}
		_, err := task.Train(t.Context(), p, 1, none)
		if o := Failed(err, mechanisms.Crashed); o.Status != c.want {
			t.Errorf("%v: got %s (%s), want %s", c.set, o.Status, o.Reason, c.want)
		}
	}
	if err := task.Check(space.Default().With(space.Index("TOTAL_BATCH_SIZE"), 1<<16)); err == nil {
		t.Error("a step smaller than a micro-batch was not refused")
	}
}
