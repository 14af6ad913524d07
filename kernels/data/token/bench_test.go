package token

import (
	"context"
	"runtime"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/kernels/data/text"
)

// goText is about 8 MB of Go source.
var goText = sync.OnceValues(func() (docs [][]byte, err error) {
	root, err := text.FindGoRoot(context.Background())
	if err != nil {
		return nil, err
	}
	source, err := text.GoStandard(root, 8<<20)
	if err != nil {
		return nil, err
	}
	for d, err := range source.Documents(context.Background()) {
		if err != nil {
			return nil, err
		}
		docs = append(docs, d.Bytes)
	}
	return docs, nil
})

// loadGoText also reports the size of the text, so that the benchmark prints MB/s.
func loadGoText(b *testing.B) [][]byte {
	b.Helper()
	docs, err := goText()
	if err != nil {
		b.Fatal(err)
	}
	size := 0
	for _, d := range docs {
		size += len(d)
	}
	b.SetBytes(int64(size))
	return docs
}

func BenchmarkCount(b *testing.B) {
	docs := loadGoText(b)
	for b.Loop() {
		runtime.KeepAlive(counted(docs...))
	}
}

func BenchmarkTrain2048(b *testing.B) {
	docs := loadGoText(b)
	words := counted(docs...)
	for b.Loop() {
		if _, err := TrainBPE(words, 2048, "<|bos|>"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEncode2048(b *testing.B) {
	docs := loadGoText(b)
	t := train(b, 2048, docs...)
	var ids []int32
	for b.Loop() {
		for _, d := range docs {
			ids = t.Encode(ids[:0], d)
		}
	}
}

func BenchmarkDecode2048(b *testing.B) {
	docs := loadGoText(b)
	t := train(b, 2048, docs...)
	var all [][]int32
	for _, d := range docs {
		all = append(all, t.Encode(nil, d))
	}
	var back []byte
	for b.Loop() {
		for _, ids := range all {
			back = t.Decode(back[:0], ids)
		}
	}
}
