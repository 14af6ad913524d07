package provenance

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/gen/vet"
)

func account() Account {
	source := "package fold\n"
	return Account{
		Version: version, Name: "fold-abcdef", Doc: "Folds.", Hash: Hash([]byte(source)), Source: source, Parent: &Parent{Name: "greedy"},
		Gates: []Gate{{"parse", "13 bytes"}}, Toolchain: "go1.26.8 linux/amd64", Snapshot: "aa", Compiled: "bb", Guards: "cc",
		Written: &Origin{
			Seed: 1<<63 + 1, Cycle: 2, Trials: 11, Space: "gpt", Spec: "fold", Dialogue: json.RawMessage(`[{"purpose":"explore","reply":"a\u0000b"}]`),
			Refused: []Refused{{Hash: "dd", Findings: []vet.Finding{{Gate: "vet", Rule: "purity", Line: 3, Message: "no"}}}},
		},
	}
}

func TestAnAccountComesBackAsItWas(t *testing.T) {
	want := account()
	b, err := want.Encode()
	if err != nil {
		t.Fatal(err)
	}
	got, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("came back as\n%+v\nwant\n%+v", got, want)
	}
	again, err := got.Encode()
	if err != nil || !bytes.Equal(again, b) {
		t.Errorf("encoded again it is (%v)\n%s\nwant\n%s", err, again, b)
	}
}

func TestAnAccountThatWasTouchedIsRefused(t *testing.T) {
	b, err := account().Encode()
	if err != nil {
		t.Fatal(err)
	}
	for change, want := range map[string]string{
		`"source":"package fold\n"|"source":"package gold\n"`: "the binary was changed",
		`"version":1|"version":2`:                             "another version",
		`{"version"|"version"`:                                "read provenance",
	} {
		from, to, _ := strings.Cut(change, "|")
		if _, err := Decode(bytes.Replace(b, []byte(from), []byte(to), 1)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("with %s for %s: error %v, want one with %q", to, from, err, want)
		}
	}
}
