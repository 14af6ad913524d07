package data

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// batchBytes is how much text is in memory at a time, twice: one batch is worked on while the next is read. A document
// longer than this makes a batch of its own.
const batchBytes = 8 << 20

// inOrder reads all documents of a source, does the work on each on all cores, and hands the results to take one by one in
// the order of the documents. Work runs in several goroutines at once and take in one. The first error ends it,
// and so does the end of ctx.
func inOrder[R any](ctx context.Context, source text.Source, work func(text.Document) R, take func(text.Document, R) error) error {
	reading, stop := context.WithCancel(ctx)
	defer stop()
	batches, readErr := readBatches(reading, source)
	for batch := range batches {
		results := make([]R, len(batch))
		onAllCores(len(batch), func(i int) { results[i] = work(batch[i]) })
		for i, document := range batch {
			if err := take(document, results[i]); err != nil {
				stop()
				for range batches { // lets the reader end
				}
				return err
			}
		}
	}
	if *readErr != nil {
		return *readErr
	}
	return ctx.Err()
}

// readBatches reads ahead by one batch. The error is set when the channel is closed.
func readBatches(ctx context.Context, source text.Source) (<-chan []text.Document, *error) {
	batches := make(chan []text.Document)
	readErr := new(error)
	go func() {
		defer close(batches)
		var batch []text.Document
		size := 0
		for document, err := range source.Documents(ctx) {
			if err == nil {
				err = ctx.Err()
			}
			if err != nil {
				*readErr = err
				return
			}
			batch = append(batch, document)
			size += len(document.Bytes)
			if size >= batchBytes {
				batches <- batch
				batch, size = nil, 0
			}
		}
		if len(batch) > 0 {
			batches <- batch
		}
	}()
	return batches, readErr
}

// onAllCores calls work for 0 to n-1.
func onAllCores(n int, work func(i int)) {
	var next atomic.Int64
	var wait sync.WaitGroup
	for range min(n, runtime.GOMAXPROCS(0)) {
		wait.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				work(i)
			}
		})
	}
	wait.Wait()
}
