package gen

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"go/format"
	"io"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/model"
	"github.com/seed161a02ea/bilevel/harness/model/replay"
	"github.com/seed161a02ea/bilevel/templates"
)

// A recording is what was kept of a run with a language model; the README beside it says how it was made.
type recording struct {
	dir     string
	sources []string // names of the mechanisms, in the order the model wrote them
	cycle   int      // trials of a cycle: how many there were when the first was written
	chats   []transcript
}

// A transcript holds every question of a run with its answer.
type transcript struct {
	file    string
	count   map[string]int // by purpose
	sources []string       // names of those that its replies hold
}

var recordings = []recording{
	{"testdata/recorded", []string{"momentum-repeat-a92f7e", "joint-vertex-c6b61e"}, 5, []transcript{
		{"chats.jsonl.gz", asked(9, 2, 2, 0), []string{"momentum-repeat-a92f7e", "joint-vertex-c6b61e"}},
	}},
	{"testdata/recorded/2026-11-23", []string{"gain-index-b290f1", "joint-descent-66230c"}, 10, []transcript{
		{"chats.jsonl.gz", asked(20, 4, 2, 1), []string{"gain-index-b290f1", "joint-descent-66230c"}},
		{"chats-memory.jsonl.gz", asked(8, 2, 1, 1), []string{"gain-index-b290f1"}},
	}},
	{"testdata/recorded/2026-11-23-ablation", []string{"advise-then-fit-d71cf6"}, 6, []transcript{
		{"chats.jsonl.gz", // one dialogue ended in none
			map[string]int{"propose": 12, "steer": 3, "explore": 2, "critique": 2, "specify": 1, "generate": 1, "repair": 1},
			[]string{"advise-then-fit-22b101", "advise-then-fit-d71cf6"}},
	}},
}

// asked counts the questions of a run by purpose; a dialogue has four.
func asked(proposals, steerings, dialogues, lessons int) map[string]int {
	count := map[string]int{"propose": proposals, "steer": steerings}
	for _, purpose := range []string{"explore", "critique", "specify", "generate"} {
		count[purpose] = dialogues
	}
	if lessons > 0 {
		count["lessons"] = lessons
	}
	return count
}

func (r recording) source(t *testing.T, name string) string {
	t.Helper()
	return read(t, filepath.Join(r.dir, name+".go"))
}

// What a language model wrote and the gates let pass must pass for as long as the contract is the same. Each is examined
// against the mechanism it replaced, after as many trials as there were.
func TestRecordedMechanismsPassEveryGate(t *testing.T) {
	p := newPipeline(t, nil)
	for _, rec := range recordings {
		against, source := "greedy", ""
		for i, name := range rec.sources {
			text := rec.source(t, name)
			r, err := p.Test(context.Background(), []byte(text), Examination{
				Idea: name[:strings.LastIndex(name, "-")], Against: against, Source: source, Welcome: occasion(rec.cycle * (i + 1)).Welcome,
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
}

// chats reads a transcript.
func chats(t *testing.T, name string) (all []replay.Chat, text []byte) {
	t.Helper()
	f, err := os.Open(name)
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
	for _, rec := range recordings {
		for _, script := range rec.chats {
			t.Run(filepath.Join(rec.dir, script.file), func(t *testing.T) { rec.decode(t, script) })
		}
	}
}

func (r recording) decode(t *testing.T, script transcript) {
	all, text := chats(t, filepath.Join(r.dir, script.file))
	if _, err := replay.Read(script.file, bytes.NewReader(text)); err != nil {
		t.Errorf("the transcript cannot be replayed: %v", err)
	}
	var sources []string
	count := map[string]int{}
	for _, c := range all {
		count[c.Request.Purpose]++
		if c.Request.Purpose == "generate" || c.Request.Purpose == "repair" {
			sources = append(sources, generated(t, c))
		} else if err := decodes(c); err != nil {
			t.Errorf("%s: %v\n%s", c.Key, err, c.Reply.Text)
		}
	}
	if !maps.Equal(count, script.count) || len(sources) != len(script.sources) {
		t.Fatalf("chats %v with %d sources, want %v with %d", count, len(sources), script.count, len(script.sources))
	}
	for i, name := range script.sources {
		if text := r.source(t, name); sources[i] != text || !strings.HasSuffix(name, hashOf([]byte(text))[:6]) {
			t.Errorf("%s.go is not the source in the transcript", name)
		}
	}
}

// generated is the source in a reply, after gofmt.
func generated(t *testing.T, c replay.Chat) string {
	t.Helper()
	source, ok := model.Source(c.Reply.Text)
	formatted, err := format.Source([]byte(source))
	if !ok || err != nil {
		t.Errorf("%s: no Go file in the reply (%v):\n%s", c.Key, err, c.Reply.Text)
	}
	return string(formatted)
}

// decodes reads a reply: a proposal by the schema that was sent, which lists the run's parameters, any other by that of
// this version.
func decodes(c replay.Chat) error {
	schema, into := "", any(nil)
	switch c.Request.Purpose {
	case "propose":
		var x templates.Changes
		if err := model.Decode(c.Reply.Text, c.Request.Schema, &x); err != nil || len(x.Changes) > 0 && x.Why != "" {
			return err
		}
		return errors.New("changes or the reason are missing")
	case "steer":
		schema, into = "course", &templates.Course{}
	case "explore":
		schema, into = "exploration", &templates.Exploration{}
	case "critique":
		schema, into = "verdict", &templates.Verdict{}
	case "specify":
		schema, into = "spec", &templates.Spec{}
	case "lessons":
		schema, into = "lessons", &templates.Lessons{}
	default:
		return fmt.Errorf("purpose %q, which nothing here decodes", c.Request.Purpose)
	}
	return model.Decode(c.Reply.Text, &model.Schema{Name: schema, JSON: templates.Schema(schema)}, into)
}

// Two that decide as greedy does in every search of the conformance kit, where losses and gains have other sizes than in the
// run that they were written in. What has a rule of its own that applies on surfaces is another search; what has none is not.
func TestTheKitAloneMakesNoDouble(t *testing.T) {
	p := newPipeline(t, nil)
	greedy, err := p.fingerprintsByHand()
	if err != nil {
		t.Fatal(err)
	}
	for name, gate := range map[string]string{"advise-then-fit-22b101": "replay", "turn-two-8cde18": ""} {
		text := read(t, filepath.Join("testdata/recorded/2026-11-23-ablation", name+".go"))
		r, err := p.Test(context.Background(), []byte(text), Examination{Idea: name, Against: "greedy", Welcome: occasion(6).Welcome})
		if err != nil {
			t.Fatal(err)
		}
		if r.Gate != gate || gate != "" && r.Findings[0].Rule != ruleDuplicate {
			t.Errorf("%s is refused at %q: %s; want at %q, as a duplicate", name, r.Gate, words(r.Findings), gate)
		}
		if gate == "" && r.Rehearsal.Replay.Fingerprint != greedy["greedy"] {
			t.Errorf("%s does not decide as greedy in the conformance kit, so that this shows nothing", name)
		}
	}
}
