package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/seed161a02ea/bilevel/harness/ablate"
)

// A fickle model never gives the same question the same answer: it changes some parameter to some value, as the form of the
// reply that the request carries allows.
type fickle struct {
	*httptest.Server
	mu    sync.Mutex
	asked map[string]int // by the messages
	total int
	after func(total int) // called at every question, before it is answered
}

func newFickle(t *testing.T) *fickle {
	t.Helper()
	f := &fickle{asked: map[string]int{}}
	f.Server = httptest.NewServer(f)
	t.Cleanup(f.Close)
	return f
}

func (f *fickle) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodGet {
		fmt.Fprint(w, `{"object": "list", "data": [{"id": "fickle", "object": "model"}]}`)
		return
	}
	var q struct {
		Messages json.RawMessage
		Format   struct {
			Schema struct {
				Schema struct {
					Properties struct {
						Changes struct {
							Properties map[string]struct {
								Type             string
								Minimum, Maximum float64
							}
						}
					}
				}
			} `json:"json_schema"`
		} `json:"response_format"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	f.total++
	f.asked[string(q.Messages)]++
	n, after := f.total, f.after
	f.mu.Unlock()
	if after != nil {
		after(n)
	}
	params, some := q.Format.Schema.Schema.Properties.Changes.Properties, rand.New(rand.NewPCG(uint64(n), 7))
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(params)), func(name string) bool { return params[name].Type != "number" })
	if len(names) == 0 {
		http.Error(w, "a question without numbers to change", http.StatusBadRequest)
		return
	}
	name := names[some.IntN(len(names))]
	p := params[name]
	text, _ := json.Marshal(map[string]any{"changes": map[string]float64{name: p.Minimum + some.Float64()*(p.Maximum-p.Minimum)}, "why": "some change"})
	json.NewEncoder(w).Encode(map[string]any{
		"id": "1", "object": "chat.completion", "model": "fickle", "usage": map[string]int{"prompt_tokens": 1000, "completion_tokens": 10},
		"choices": []any{map[string]any{"index": 0, "finish_reason": "stop", "message": map[string]string{"role": "assistant", "content": string(text)}}},
	})
}

// again counts the questions that were asked more than once.
func (f *fickle) again() (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, times := range f.asked {
		n += times - 1
	}
	return n
}

// askingAblation is an ablation on one formula and the two where nothing can be found, whose arms ask at url.
func askingAblation(tool, cache, dir, url string, more ...string) *exec.Cmd {
	cmd := exec.Command(tool, slices.Concat([]string{"ablate", "--dir", dir, "--base-url", url + "/v1", "--model", "fickle"}, more)...)
	cmd.Env = append(os.Environ(), "BILEVEL_CACHE="+cache, "BILEVEL_MEMORY=off", "DEEPSEEK_API_KEY=", "OPENAI_API_KEY=")
	return cmd
}

var askingPlan = []string{"--tasks", "1", "--seeds", "1", "--arms", "A,P,R,coordinate", "--trials", "9", "--invent-every", "4", "--steer-every", "50", "--json"}

// Arms that ask the same are answered the same, by a model that never says the same thing twice: the placebo equals A in
// every bit, and R until its history is cleared. What was answered is not asked again after a kill.
func TestArmsShareTheAnswersOfAModel(t *testing.T) {
	f, tool, cache, dir := newFickle(t), toolBinary(t), killedDir(t), filepath.Join(killedDir(t), "ablation")
	first := askingAblation(tool, cache, dir, f.URL, askingPlan...)
	f.after = func(total int) {
		if total == 14 {
			_ = first.Process.Kill()
		}
	}
	if out, err := first.Output(); err == nil {
		t.Fatalf("it was not killed: %s", out)
	}
	f.mu.Lock()
	f.after = nil
	f.mu.Unlock()
	var stderr bytes.Buffer
	second := askingAblation(tool, cache, dir, f.URL, "--json")
	second.Stderr = &stderr
	out, err := second.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	var r ablate.Result
	if err := json.Unmarshal(out, &r); err != nil {
		t.Fatal(err)
	}
	if r.Placebo == nil || r.Placebo.Pairs != 3 || r.Placebo.Handovers != 3 || len(r.Placebo.Unequal) != 0 {
		t.Errorf("placebo %+v, want 3 pairs with a hand-over each, none unequal", r.Placebo)
	}
	for _, run := range r.Runs {
		if run.Arm == "R" && run.Diverged < 5 {
			t.Errorf("R on %s differs from A at trial %d, want only after its history is cleared at 5", run.Task, run.Diverged)
		}
	}
	// At the kill each unit may have had one question under way for each arm that had gone its own way.
	if n := f.again(); n > 6 {
		t.Errorf("%d of %d questions were asked again after the kill, want at most those under way", n, f.total)
	}
	before := f.total
	if out, err := askingAblation(tool, cache, dir, f.URL, "--json").Output(); err != nil || !strings.Contains(string(out), `"placebo"`) || f.total != before {
		t.Errorf("continued when it is done (%v) it asks %d questions, want none", err, f.total-before)
	}
}
