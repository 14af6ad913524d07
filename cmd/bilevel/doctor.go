package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/contain"
	"github.com/seed161a02ea/bilevel/harness/model/openai"
	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/kernels/cpu/arith"
	"github.com/seed161a02ea/bilevel/kernels/cuda"
	"github.com/seed161a02ea/bilevel/kernels/data"
	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

func doctorCommand() *cli.Command {
	return &cli.Command{
		Name:  "doctor",
		Usage: "say what this machine has, and what to do about what it lacks",
		Description: `Looks at everything that a run uses, changes nothing but the cache folder, and never shows a key. The exit
code is 4 when something is missing that bilevel evolve needs as it stands.

Examples:
   bilevel doctor
   bilevel doctor --json | jq '.[] | select(.state != "ok")'`,
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "json", Usage: "print a JSON list of checks"},
			&cli.BoolFlag{Name: "gpu-check", Usage: "hold every CUDA kernel of this build against float64 on the first GPU, then time it; takes minutes"},
			&cli.Uint64Flag{Name: "gpu-seed", Usage: "draw the inputs of --gpu-check from this seed; 0 draws new ones every time and prints their seed"},
		},
		Action: doctorAction,
	}
}

// health says what a check found.
type health string

const (
	healthy health = "ok"      // as it should be
	lesser  health = "less"    // works without it, less well
	missing health = "missing" // evolve does not work without it
)

// A check is one thing that doctor looked at.
type check struct {
	Name   string `json:"name"`
	State  health `json:"state"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"` // what to do, where State is not ok
}

// checks are the things looked at, in the order shown.
var checks = []func(context.Context) check{
	checkToolchain, checkText, checkProcessor, checkArithmetic, checkMemory, checkCache, checkWall("Landlock", contain.Landlock), checkWall("seccomp", contain.Seccomp), checkContainment, checkGPU, checkModel,
}

func doctorAction(c *cli.Context) error {
	if c.NArg() > 0 {
		return usage("doctor takes no arguments, got %q", c.Args().First())
	}
	if c.Bool("gpu-check") {
		seed := c.Uint64("gpu-seed")
		if seed == 0 {
			seed = uint64(time.Now().UnixNano())
		}
		if err := cuda.Check(c.App.Writer, 0, seed); err != nil {
			return fmt.Errorf("check of the GPU: %w", err)
		}
		return nil
	}
	var found []check
	lacks := 0
	for _, look := range checks {
		x := look(c.Context)
		found = append(found, x)
		if x.State == missing {
			lacks++
		}
	}
	if err := report(c.App.Writer, found, c.Bool("json")); err != nil {
		return err
	}
	if lacks > 0 {
		return cli.Exit(fmt.Sprintf("%d of %d things are missing", lacks, len(found)), exitFindings)
	}
	return nil
}

func report(w io.Writer, found []check, asJSON bool) error {
	if asJSON {
		enc := json.NewEncoder(w)
		enc.SetIndent("", "  ")
		return enc.Encode(found)
	}
	fmt.Fprintf(w, "bilevel %s, %s, %s/%s\n\n", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	for _, x := range found {
		fmt.Fprintf(w, "%-8s %-14s %s\n", x.State, x.Name, x.Found)
		if x.Remedy != "" {
			if _, err := fmt.Fprintf(w, "%24s%s\n", "→ ", x.Remedy); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkToolchain(ctx context.Context) check {
	t, err := build.FindToolchain(ctx, os.Environ())
	if err != nil {
		return check{"Go toolchain", missing, err.Error(), "level 2 compiles with it; without one, turn level 2 off with --invent-every 0"}
	}
	return check{Name: "Go toolchain", State: healthy, Found: fmt.Sprintf("%s at %s, build cache %s", t, t.Path, t.Cache)}
}

func checkText(ctx context.Context) check {
	root, err := text.FindGoRoot(ctx)
	if err != nil {
		return check{"text", missing, err.Error(), "give text of your own with --text"}
	}
	return check{Name: "text", State: healthy, Found: "the Go standard library's source in " + filepath.Join(root, "src")}
}

func checkProcessor(context.Context) check {
	n, use := runtime.NumCPU(), runtime.GOMAXPROCS(0)
	x := check{Name: "processor", State: healthy, Found: fmt.Sprintf("%d cores, %d used", n, use)}
	if n < 2 {
		x.State, x.Remedy = lesser, "a run takes about twice as long as on two cores; --budget 5e11flops halves a trial"
	}
	return x
}

func checkArithmetic(context.Context) check {
	x := check{Name: "arithmetic", State: healthy, Found: fmt.Sprintf("AVX2 and FMA, mode %s", arith.Default())}
	if !arith.Vector {
		x.State, x.Found = lesser, fmt.Sprintf("no AVX2 and FMA: plain Go, mode %s; trials are slower, and differ in the last bits from those of other machines", arith.Default())
		x.Remedy = "lower --budget, or use --size tiny"
	}
	return x
}

func checkMemory(context.Context) check {
	const enough = 1 << 30 // bytes; the default task needs a small part of it, the Go compiler the rest
	n := task.MachineMemory()
	switch {
	case n == 0:
		return check{Name: "memory", State: healthy, Found: "not known on this system; trials plan without a limit"}
	case n < enough:
		return check{"memory", lesser, fmt.Sprintf("%d MiB", n>>20), "1 GiB is comfortable; keep DEPTH, ASPECT_RATIO and DEVICE_BATCH_SIZE small"}
	}
	return check{Name: "memory", State: healthy, Found: fmt.Sprintf("%.1f GiB", float64(n)/(1<<30))}
}

// checkCache opens the memo, so that a damaged or foreign one is found before a run needs it.
func checkCache(context.Context) check {
	dir, err := data.CacheDir()
	if err != nil {
		return check{"cache", missing, err.Error(), "set BILEVEL_CACHE to a folder that may be written"}
	}
	memo, err := store.OpenMemo(dir)
	if err != nil {
		return check{"cache", missing, err.Error(), "set BILEVEL_CACHE to a folder that may be written, or mend this one"}
	}
	if err := memo.Close(); err != nil {
		return check{"cache", missing, err.Error(), "set BILEVEL_CACHE to another folder"}
	}
	free, known := freeSpace(dir)
	const enough = 500 << 20 // bytes: prepared text, compiled runners and some runs
	switch {
	case !known:
		return check{Name: "cache", State: healthy, Found: dir}
	case free < enough:
		return check{"cache", lesser, fmt.Sprintf("%s, %d MiB free", dir, free>>20), "free some space, or set BILEVEL_CACHE to a folder on another disk"}
	}
	return check{Name: "cache", State: healthy, Found: fmt.Sprintf("%s, %.1f GiB free", dir, float64(free)/(1<<30))}
}

// checkWall says whether the kernel offers a wall.
func checkWall(name string, w contain.Wall) func(context.Context) check {
	return func(context.Context) check {
		offered, missing := contain.Offered()
		if words, ok := offered[w]; ok {
			return check{Name: name, State: healthy, Found: words}
		}
		x := check{Name: name, State: lesser, Found: "no", Remedy: "runners are held by what is vetted and by the other walls; evolve --require-sandbox refuses to run so"}
		for _, m := range missing {
			if m.Wall == w {
				x.Found += ": " + m.Why
			}
		}
		return x
	}
}

// checkContainment has a contained process try what it must not be able to do.
func checkContainment(ctx context.Context) check {
	x, err := containing(ctx, false)
	r := x.held
	switch {
	case err != nil:
		return check{"containment", missing, err.Error(), "a runner is started in the same way; what the message names stands in its way"}
	case !r.Whole():
		return check{"containment", lesser, "runners are " + r.String(), "runners are held by what is vetted and by the walls that stand; evolve --require-sandbox refuses to run so"}
	}
	return check{Name: "containment", State: healthy, Found: fmt.Sprintf("runners are %s; all %d attempts to get out were refused", r, len(contain.Attempts()))}
}

func checkGPU(context.Context) check {
	names, err := cuda.Devices()
	if err != nil {
		return check{Name: "GPU", State: healthy, Found: err.Error() + "; the default task is made for the processor"}
	}
	return check{Name: "GPU", State: healthy, Found: strings.Join(names, ", ") + "; train with --device cuda, after doctor --gpu-check"}
}

// checkModel says which endpoint would be asked. It sees keys and shows none.
func checkModel(context.Context) check {
	const remedy = "set DEEPSEEK_API_KEY or OPENAI_API_KEY, or name an endpoint with --base-url and --model"
	config, found, err := openai.FromEnv(os.Getenv, openai.Flags{})
	switch {
	case err != nil:
		return check{"language model", lesser, err.Error(), remedy}
	case !found:
		return check{"language model", lesser, "none: runs use the simulated model, and say so", remedy}
	}
	key := "no key"
	if config.Key != "" {
		key = "a key is set"
	}
	return check{Name: "language model", State: healthy, Found: fmt.Sprintf("%s at %s, %s; it is not asked here", config.Model, config.BaseURL, key)}
}
