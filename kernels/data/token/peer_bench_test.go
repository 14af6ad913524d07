package token

import (
	"bytes"
	"os"
	"runtime"
	"sync"
	"testing"
)

// BenchmarkTrainFile trains on the file named by BPE_TEXT, on all cores, from reading it to the finished merges: what the
// trainers in the table of ../README.md do when they are given a file.
func BenchmarkTrainFile(b *testing.B) {
	path := os.Getenv("BPE_TEXT")
	if path == "" {
		b.Skip("BPE_TEXT names no file")
	}
	for b.Loop() {
		text, err := os.ReadFile(path)
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(text)))
		counters := make([]*Counter, runtime.GOMAXPROCS(0))
		var wait sync.WaitGroup
		for i := range counters {
			counters[i] = NewCounter()
			part := text
			if i+1 < len(counters) {
				part = text[:len(text)/(len(counters)-i)]
				part = part[:bytes.LastIndexByte(part, '\n')+1]
			}
			text = text[len(part):]
			wait.Go(func() { counters[i].Add(part) })
		}
		wait.Wait()
		for _, other := range counters[1:] {
			counters[0].Merge(other)
		}
		if _, err := TrainBPE(counters[0], 2048, "<|bos|>"); err != nil {
			b.Fatal(err)
		}
	}
}
