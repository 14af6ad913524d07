//go:build unix

package gen

import (
	"context"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

// A batch of 32 sources, warm, each with every gate: processor time of this process and of all it started, and how much of
// the wall clock each step takes of the batch.
func BenchmarkBatchOf32(b *testing.B) {
	const size = 32
	ctx := context.Background()
	p := newPipeline(b, nil)
	src := forgetful(b)
	shadow, err := p.predecessor(ctx, "greedy", "")
	if err != nil {
		b.Fatal(err)
	}
	began, n := processorTime(b), 0
	var mu sync.Mutex
	longest := map[string]time.Duration{}
	for i := 0; b.Loop(); i++ {
		bulk := p.Bulk(ctx, size)
		var members []*Member
		for range size {
			members = append(members, bulk.Join(nil))
		}
		took := map[string]time.Duration{}
		var wait sync.WaitGroup
		for k, m := range members {
			n++
			wait.Go(func() {
				defer m.Leave()
				w := work{p: p, src: []byte(src + "\n// " + strings.Repeat("x", 1+size*i+k) + "\n"), shadow: shadow, welcome: wire.Welcome{View: lived(10)}}
				findings, err := bulk.pass(ctx, &w, func(s Step) {
					mu.Lock()
					defer mu.Unlock()
					took[s.Name] = max(took[s.Name], s.Took)
				})
				if err != nil || len(findings) > 0 {
					b.Error(findings, err)
				}
			})
		}
		wait.Wait()
		bulk.Close()
		for name, d := range took {
			longest[name] += d
		}
	}
	b.ReportMetric(0, "ns/op") // of a batch; what counts is each source
	b.ReportMetric(float64((processorTime(b)-began).Microseconds())/1000/float64(n), "cpu-ms/source")
	for _, name := range Gates() {
		b.ReportMetric(float64(longest[name].Microseconds())/1000/float64(n), name+"-ms/source")
	}
}

// processorTime is what this process and all that it has waited for have used.
func processorTime(t testing.TB) time.Duration {
	t.Helper()
	var sum time.Duration
	for _, who := range []int{syscall.RUSAGE_SELF, syscall.RUSAGE_CHILDREN} {
		var u syscall.Rusage
		if err := syscall.Getrusage(who, &u); err != nil {
			t.Fatal(err)
		}
		sum += time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	return sum
}
