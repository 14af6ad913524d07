package gen

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/gen/build"
	"github.com/seed161a02ea/bilevel/gen/wrap"
	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/wire"
)

// told is what a source is told by the gates.
func told(t *testing.T, p *Pipeline, src string, by pass) string {
	t.Helper()
	shadow, err := p.predecessor(context.Background(), "greedy", "")
	if err != nil {
		t.Error(err)
		return ""
	}
	w := work{p: p, src: []byte(src), shadow: shadow, welcome: wire.Welcome{View: lived(10)}}
	findings, err := by(context.Background(), &w, nil)
	if err != nil {
		t.Error(err)
	}
	if len(findings) == 0 {
		return "passed: " + mustJSON(t, w.rehearsal)
	}
	return w.gate + ": " + words(findings)
}

// Sources good and bad, those among them that end the process they are tried in, are told in a batch what each is told alone.
func TestABatchTellsEachWhatItIsToldAlone(t *testing.T) {
	p := newPipeline(t, nil)
	p.limit = 30 * time.Second // memory ends what has no end long before, also on a busy machine
	var texts, names []string
	for _, pattern := range []string{"good/c*.go", "bad/parse-p*", "bad/conform-[ip]*", "bad/conform-sw*", "bad/conform-memory*", "bad/replay-[hi]*", "bad/rehearse-l*"} {
		found, err := filepath.Glob(filepath.Join("testdata", pattern))
		if err != nil || len(found) == 0 {
			t.Fatalf("%d files %s: %v", len(found), pattern, err)
		}
		names = append(names, found...)
	}
	for _, name := range names {
		texts = append(texts, read(t, name))
	}
	texts = append(texts, texts[0]) // two runs may come to one source
	names = append(names, names[0]+" again")

	b := p.Bulk(context.Background(), 1000)
	defer b.Close()
	together := make([]string, len(texts))
	var wait sync.WaitGroup
	var members []*Member
	for range texts {
		members = append(members, b.Join(nil))
	}
	for i := range texts {
		wait.Go(func() {
			defer members[i].Leave()
			together[i] = told(t, p, texts[i], b.pass)
		})
	}
	wait.Wait()
	passed, fresh := 0, newPipeline(t, nil) // which has read none of them
	fresh.limit = p.limit
	for i := range texts {
		if want := told(t, fresh, texts[i], alone); together[i] != want {
			t.Errorf("%s was told in a batch\n%.600s\nand alone\n%.600s", names[i], together[i], want)
		}
		if strings.HasPrefix(together[i], "passed") {
			passed++
		}
	}
	if passed < 4 || passed > len(texts)-8 {
		t.Errorf("%d of %d passed, want several of each", passed, len(texts))
	}
}

// However runs are batched, each is given the same inventions, over two cycles and with repairs.
func TestInventionsDoNotDependOnTheBatch(t *testing.T) {
	p := newPipeline(t, nil)
	const runs = 4
	model := func(i int) model.Model { return simulation(t, []string{"rut", "hostile:mend", "unbiased", "micro"}[i]) }
	var want [runs]string
	for i := range want {
		want[i] = twoCycles(t, uint64(i), newPipeline(t, model(i)).Invent)
	}
	for _, size := range []int{1, 2, 100} {
		b := p.Bulk(context.Background(), size)
		var got [runs]string
		var wait sync.WaitGroup
		var members []*Member
		for i := range runs {
			members = append(members, b.Join(model(i)))
		}
		for i, m := range members {
			wait.Go(func() {
				defer m.Leave()
				got[i] = twoCycles(t, uint64(i), m.Invent)
			})
		}
		wait.Wait()
		b.Close()
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("run %d in batches of %d: \n%.1500s\nwant\n%.1500s", i, size, got[i], want[i])
			}
		}
	}
}

// twoCycles is what a run is given by two passes of level 2, all but what tells of the runner.
func twoCycles(t *testing.T, seed uint64, invent func(context.Context, Occasion) (Invention, error)) string {
	t.Helper()
	o := occasion(10)
	o.Welcome.View.RunSeed = seed
	var text strings.Builder
	for cycle := 1; cycle <= 2; cycle++ {
		inv, err := invent(context.Background(), o)
		if err != nil {
			t.Error(err)
			return ""
		}
		path := inv.Path
		inv.Path, inv.Binary, inv.Build, inv.Steps = "", "", nil, nil
		fmt.Fprintln(&text, mustJSON(t, inv))
		if inv.Outcome != Ready {
			break
		}
		if path == "" {
			t.Errorf("cycle %d has no runner", cycle)
		}
		o = occasion(20)
		o.Welcome.View.RunSeed, o.Cycle, o.Mechanism, o.Source, o.Sources = seed, 2, inv.Name, inv.Source, map[string]string{inv.Name: inv.Source}
		o.Tried = []model.Tried{{Name: inv.Name, Idea: inv.Why, Outcome: "active", Trials: 10, Influence: 4}}
	}
	return text.String()
}

// A batch does not wait for runs that have left, and a run that is stopped does not wait for a batch.
func TestABatchIsClosedWhenNobodyElseCanCome(t *testing.T) {
	p := newPipeline(t, nil)
	b := p.Bulk(context.Background(), 3)
	one, two, three := b.Join(nil), b.Join(nil), b.Join(nil)
	src := read(t, "testdata/bad/replay-copy.txt")
	ended := make(chan string)
	go func() { ended <- told(t, p, src, b.pass) }()
	three.Leave()
	three.Leave()
	stopped, stop := context.WithCancelCause(context.Background())
	why := errors.New("stopped by a person")
	stop(why)
	if _, err := b.pass(stopped, &work{p: p}, nil); !errors.Is(err, why) {
		// The batch may have been closed before the run was seen to be stopped; its source is empty then, and refused.
		if err != nil {
			t.Errorf("a stopped run was told %v", err)
		}
	}
	two.Leave()
	if got := <-ended; !strings.HasPrefix(got, "replay: ") {
		t.Errorf("told %q", got)
	}
	one.Leave()
}

// What the compiler refuses in a runner of many is refused with the words it has for a runner of one, and the others are built.
func TestTheCompilerRefusesOneOfMany(t *testing.T) {
	p, ctx := newPipeline(t, nil), context.Background()
	checker, err := p.check(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var all []*request
	for _, name := range []string{"counts", "guided", "ladder"} {
		pkg, findings := checker.Check([]byte(read(t, "testdata/good/"+name+".go")))
		if len(findings) > 0 {
			t.Fatal(findings)
		}
		m, err := compiled(pkg)
		m.Name = wrap.Name(name, pkg.Hash)
		if err != nil {
			t.Fatal(err)
		}
		if name == "guided" {
			m.Compiled = append(m.Compiled, "\nvar unheard int = \"of\"\n"...)
		}
		all = append(all, &request{pair: wrap.Pair{Current: m, Shadow: wrap.Mechanism{Name: "greedy"}}})
	}
	p.buildAll(ctx, all)
	refused, ok := errors.AsType[*build.CompileError](all[1].err)
	if !ok || all[0].err != nil || all[2].err != nil || all[0].binary.Path == "" || all[0].binary.Path != all[2].binary.Path {
		t.Fatalf("errors %v, %v, %v; want the second refused and one runner for the others", all[0].err, all[1].err, all[2].err)
	}
	by := []*request{{pair: all[1].pair}}
	p.buildAll(ctx, by)
	if want, ok := errors.AsType[*build.CompileError](by[0].err); !ok || refused.Output != want.Output {
		t.Errorf("refused with %q, alone with %v", refused.Output, by[0].err)
	}
}
