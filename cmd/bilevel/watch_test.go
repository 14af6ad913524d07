package main

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/store"
	"github.com/seed161a02ea/bilevel/harness/task"
	"github.com/seed161a02ea/bilevel/mechanisms"
)

func TestWatchServesAtTheAddressItPrintsUntilInterrupted(t *testing.T) {
	space := mechanisms.Space{Name: "one", Params: []mechanisms.Param{{Name: "A", Kind: mechanisms.Float, Max: 1}}}
	dir := t.TempDir()
	s, err := store.Create(dir, store.Meta{
		Task: task.Spec{Kind: task.KindSurface}, Space: space, SpaceHash: space.Hash(), Mechanism: "greedy", Parallel: 1, Trials: 3, Model: "test", Program: "test",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	ctx, interrupt := context.WithCancel(t.Context())
	defer interrupt()
	stdout, w := io.Pipe()
	var stderr strings.Builder
	code := make(chan int, 1)
	go func() {
		code <- run(ctx, []string{"bilevel", "watch", dir}, w, &stderr)
		w.Close()
	}()
	lines := bufio.NewScanner(stdout)
	if !lines.Scan() || !strings.HasPrefix(lines.Text(), "http://127.0.0.1:") {
		t.Fatalf("watch printed %q, want its address; it ended with %d: %s", lines.Text(), <-code, stderr.String())
	}
	address := lines.Text()
	go func() { // the tool may not be kept waiting for a reader of its other lines
		for lines.Scan() {
		}
	}()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), "A run of bilevel: one") {
		t.Errorf("%s: %s, %v, %.200s", address, resp.Status, err, body)
	}
	interrupt()
	if got := <-code; got != exitOK {
		t.Errorf("interrupted, watch ended with %d (%s), want %d", got, stderr.String(), exitOK)
	}
	if _, err := http.Get(address); err == nil {
		t.Error("the address still answers after watch has ended")
	}
}
