package gen

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

// cache is shared by the tests of this package: they build some dozens of runners from one snapshot.
var cache string

func TestMain(m *testing.M) {
	var err error
	if cache, err = os.MkdirTemp("", "bilevel-gen-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(cache)
	os.Exit(code)
}

// parts are the runner's sources as the tool embeds them.
func parts() []build.Part {
	return []build.Part{
		{Dir: "mechanisms", Files: mechanisms.Source},
		{Dir: "harness/loop", Files: os.DirFS("../harness/loop")},
		{Dir: "harness/wire", Files: os.DirFS("../harness/wire")},
		{Dir: "cmd/runner", Files: os.DirFS("../cmd/runner")},
	}
}

func newPipeline(t testing.TB, m model.Model) *Pipeline {
	t.Helper()
	p, err := New(context.Background(), Options{Model: m, Limit: 3 * time.Second, Build: build.Options{Cache: cache, Parts: parts()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Prewarm(context.Background()); err != nil {
		t.Fatal(err)
	}
	return p
}

// space is small but has every kind of parameter and a constraint.
func space() mechanisms.Space {
	return mechanisms.Space{
		Name: "test",
		Params: []mechanisms.Param{
			{Name: "TOTAL_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 256, Max: 65536, Default: 8192},
			{Name: "DEVICE_BATCH_SIZE", Kind: mechanisms.Pow2, Min: 1, Max: 64, Default: 8},
			{Name: "MATRIX_LR", Kind: mechanisms.Float, Min: 0.001, Max: 0.5, Default: 0.04, Log: true},
			{Name: "EMBEDDING_LR", Kind: mechanisms.Float, Min: 0.01, Max: 4, Default: 0.6, Log: true},
			{Name: "WEIGHT_DECAY", Kind: mechanisms.Float, Min: 0, Max: 0.5, Default: 0.2},
			{Name: "DEPTH", Kind: mechanisms.Int, Min: 1, Max: 6, Default: 2},
			{Name: "WINDOW_PATTERN", Kind: mechanisms.Choice, Max: 2, Choices: []string{"SSSL", "SSLL", "LLLL"}},
		},
		Constraints: []mechanisms.Constraint{{Left: []string{"TOTAL_BATCH_SIZE"}, Right: []string{"DEVICE_BATCH_SIZE"}, Factor: 128, Multiple: true, Why: "whole micro-batches"}},
	}
}

// lived is a view after n trials of a random search on a bowl.
func lived(n int) wire.View {
	s := space()
	v := wire.View{RunSeed: 1, Space: s, Parallel: 1, Limit: 30}
	for seq := range n + 1 {
		rng := mechanisms.Stream(1, seq, "test trace")
		view := mechanisms.View{Seq: seq, Space: s, Trials: v.Trials, Rand: rng}
		p := s.Default()
		if seq > 0 {
			view.Incumbent = v.Trials[v.Incumbent]
			p, _ = view.Fresh(100, func() mechanisms.Point { return view.Nudge(view.Incumbent.Point, rng.IntN(len(s.Params)), 0.2) })
		}
		bpb := 2.0
		for i, q := range s.Params {
			d := q.Unit01(p[i]) - 0.3
			bpb += 0.2 * d * d
		}
		t := mechanisms.Trial{Seq: seq, Point: p, Status: mechanisms.Complete, BPB: bpb, By: "model", Why: "because"}
		if t.Kept = seq == 0 || t.Better(v.Trials[v.Incumbent]); t.Kept {
			v.Incumbent = seq
		}
		v.Trials = append(v.Trials, t)
	}
	return v
}

// through passes a source through all gates, with greedy in charge, and returns the gate that refused it ("" when none).
func through(t testing.TB, p *Pipeline, src string) (gate, found string) {
	t.Helper()
	ctx := context.Background()
	shadow, err := p.predecessor(ctx, "greedy", "")
	if err != nil {
		t.Fatal(err)
	}
	w := work{p: p, src: []byte(src), shadow: shadow, welcome: wire.Welcome{View: lived(10)}}
	findings, err := w.through(ctx, "rehearse", nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(findings) == 0 {
		return "", ""
	}
	return w.gate, words(findings)
}

func sources(t testing.TB, dir string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", dir, "*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d sources in testdata/%s: %v", len(files), dir, err)
	}
	return files
}

// forgetful is the bandit by hand with a shorter memory, which is another mechanism.
func forgetful(t testing.TB) string {
	t.Helper()
	src := read(t, "../mechanisms/bandit/bandit.go")
	other := strings.Replace(src, "const fade = 0.93", "const fade = 0.8", 1)
	if other == src {
		t.Fatal("bandit.go has no fade of 0.93 any more")
	}
	return other
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// The whole way from text to a binary that has answered, warm, by steps.
func BenchmarkSourceToRunningBinary(b *testing.B) {
	ctx := context.Background()
	p := newPipeline(b, nil)
	src := forgetful(b)
	shadow, err := p.predecessor(ctx, "greedy", "")
	if err != nil {
		b.Fatal(err)
	}
	spent := map[string]time.Duration{}
	for i := 0; b.Loop(); i++ {
		w := work{p: p, src: []byte(src + "\n// " + strings.Repeat("x", i+1) + "\n"), shadow: shadow, welcome: wire.Welcome{View: lived(10)}}
		findings, err := w.through(ctx, "rehearse", func(s Step) {
			if !s.Running {
				spent[s.Name] += s.Took
			}
		})
		if err != nil || len(findings) > 0 {
			b.Fatal(findings, err)
		}
	}
	for _, name := range Gates() {
		b.ReportMetric(float64(spent[name].Microseconds())/1000/float64(b.N), name+"-ms/op")
	}
}
