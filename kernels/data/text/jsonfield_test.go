package text

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

var jsonSeeds = []string{
	`{"text":"\/\b\f\n\r\t\u0041\u00e9\u8a9e"}`, `{"text":"\ud83d\ude42"}`, `{"text":"\ud83d"}`, `{"text":"\u12"}`, `{"text":"\u+123"}`,
	`{"text":"plain"}`, ` { "id" : 1 , "text" : "a\"b\\" } `, `{"text":"\u00fc\n","x":[1,{"text":"inner"},"]"],"y":{"a":"}"}}`,
	`{"text":"first","text":"last"}`, `{"te\u0078t":"escaped name"}`, `{"text":null}`, `{"text":{}}`, `{"text":"cut`, `{"text":"a"} extra`,
	`{}`, `[]`, `"text"`, `{"text":"a",}`, `{"a":1e5,"text":"\\\\"}`, "{\"text\":\"raw\xff\"}", `{"text":"bad \x"}`, `{"a":"\\","text":"b"}`, `{"text":""}`, `{"a":],"text":"b"}`,
}

// FuzzStringField compares the two ways to a field wherever the line is JSON.
func FuzzStringField(f *testing.F) {
	for _, seed := range jsonSeeds {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		got, gotErr := fieldOf(line, "text")
		want, wantErr := decodedField(line, "text")
		if wantErr == nil && (gotErr != nil || !bytes.Equal(got, want)) {
			t.Fatalf("%q: got %q, %v, want %q", line, got, gotErr, want)
		}
	})
}

func TestPlainLinesTakeTheFastWay(t *testing.T) {
	for _, line := range append(jsonSeeds[5:9:9], jsonSeeds[0]) {
		if _, ok := stringField([]byte(line), "text"); !ok {
			t.Errorf("%s is decoded the slow way", line)
		}
	}
}

func BenchmarkJSONLines(b *testing.B) {
	line := []byte(fmt.Sprintf(`{"id": 12345, "url": "https://example.org/a/b", "text": "%s", "score": 0.25}`, strings.Repeat(`He said: \"go\".\nAnd they went. `, 100)))
	for _, way := range []struct {
		name string
		read func([]byte, string) ([]byte, error)
	}{{"scanned", fieldOf}, {"decoded", decodedField}} {
		b.Run(way.name, func(b *testing.B) {
			b.SetBytes(int64(len(line)))
			for b.Loop() {
				if _, err := way.read(line, "text"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
