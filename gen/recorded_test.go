package gen

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"go/format"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/templates"
)

// recorded are the mechanisms that a language model wrote, in the order it wrote them; testdata/recorded/README.md says how.
var recorded = []string{"momentum-repeat-a92f7e", "joint-vertex-c6b61e"}

func recordedSource(t *testing.T, name string) string {
	t.Helper()
	return read(t, filepath.Join("testdata/recorded", name+".go"))
}

// What a language model wrote and the gates let pass must pass for as long as the contract is the same. Each is examined
// against the mechanism it replaced, after as many trials as there were.
func TestRecordedMechanismsPassEveryGate(t *testing.T) {
	p := newPipeline(t, nil)
	against, source := "greedy", ""
	for i, name := range recorded {
		text := recordedSource(t, name)
		r, err := p.Test(context.Background(), []byte(text), Examination{
			Idea: name[:strings.LastIndex(name, "-")], Against: against, Source: source, Welcome: occasion(5 * (i + 1)).Welcome,
		})
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK() {
			t.Errorf("%s is refused at %s: %s", name, r.Gate, words(r.Findings))
			continue
		}
		if r.Name != name || r.Rehearsal == nil || r.Rehearsal.Differs == 0 {
			t.Errorf("%s passes as %s with rehearsal %+v, want its recorded name and decisions unlike %s's", name, r.Name, r.Rehearsal, against)
		}
		against, source = name, text
	}
}

// chats reads the transcript, which holds every question with its answer.
func chats(t *testing.T) (all []replay.Chat, text []byte) {
	t.Helper()
	f, err := os.Open("testdata/recorded/chats.jsonl.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = io.ReadAll(z); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(bytes.NewReader(text))
	lines.Buffer(nil, len(text)+1)
	for lines.Scan() {
		var c replay.Chat
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all, text
}

// A reply that was understood must be understood by every later version: transcripts are replayed.
func TestRecordedRepliesStillDecode(t *testing.T) {
	all, text := chats(t)
	if _, err := replay.Read("chats.jsonl.gz", bytes.NewReader(text)); err != nil {
		t.Errorf("the transcript cannot be replayed: %v", err)
	}
	var sources []string
	count := map[string]int{}
	for _, c := range all {
		count[c.Request.Purpose]++
		var err error
		switch c.Request.Purpose {
		case "propose":
			var x templates.Changes
			if err = model.Decode(c.Reply.Text, c.Request.Schema, &x); err == nil && (len(x.Changes) == 0 || x.Why == "") {
				t.Errorf("%s: changes %v, reason %q; want both", c.Key, x.Changes, x.Why)
			}
		case "steer":
			err = decodes(c, "course", &templates.Course{})
		case "explore":
			err = decodes(c, "exploration", &templates.Exploration{})
		case "critique":
			err = decodes(c, "verdict", &templates.Verdict{})
		case "specify":
			err = decodes(c, "spec", &templates.Spec{})
		case "generate":
			source, ok := model.Source(c.Reply.Text)
			formatted, wrong := format.Source([]byte(source))
			if !ok || wrong != nil {
				t.Errorf("%s: no Go file in the reply (%v):\n%s", c.Key, wrong, c.Reply.Text)
			}
			sources = append(sources, string(formatted))
		default:
			t.Errorf("%s: a purpose that nothing here decodes", c.Key)
		}
		if err != nil {
			t.Errorf("%s: %v\n%s", c.Key, err, c.Reply.Text)
		}
	}
	if count["propose"] != 9 || count["steer"] != 2 || len(sources) != len(recorded) || len(all) != 19 {
		t.Fatalf("%d chats, %v, want 19: 9 proposals, 2 of steering, 2 dialogues of 4", len(all), count)
	}
	for i, name := range recorded {
		if text := recordedSource(t, name); sources[i] != text || !strings.HasSuffix(name, hashOf([]byte(text))[:6]) {
			t.Errorf("%s.go is not the source in the transcript", name)
		}
	}
}

// decodes reads a reply by the schema of this version.
func decodes(c replay.Chat, schema string, into any) error {
	return model.Decode(c.Reply.Text, &model.Schema{Name: schema, JSON: templates.Schema(schema)}, into)
}
