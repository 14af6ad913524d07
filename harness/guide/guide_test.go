package guide

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

func TestCleaning(t *testing.T) {
	for what, c := range map[string]struct{ text, want string }{
		"line ends":               {"a\r\nb\rc\u2028d\te  \n", "a\nb\nc\nd e"},
		"a terminal's colours":    {"\x1b[31mred\x1b[0m\x07", "[31mred[0m"},
		"text that runs backward": {"raise \u202ERL\u202C now\u200B", "raise RL now"},
		"bytes that are no UTF-8": {"a\xffb", "a\uFFFDb"},
		"many empty lines":        {"a\n\n\n\n\nb", "a\n\nb"},
		"joiners of a script":     {"می\u200cخواهم", "می\u200cخواهم"},
	} {
		if got, err := Clean(c.text); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v; want %q", what, got, err, c.want)
		}
	}
	for _, empty := range []string{"", " \n\t", "\x00\u202E"} {
		if got, err := Clean(empty); err == nil {
			t.Errorf("%q became %q, want an error", empty, got)
		}
	}
	if _, err := Clean(strings.Repeat("x", MaxBytes)); err != nil {
		t.Errorf("%d bytes: %v", MaxBytes, err)
	}
	if _, err := Clean(strings.Repeat("x", MaxBytes+3)); err == nil || !strings.Contains(err.Error(), "has 2003 bytes, want at most 2000") {
		t.Errorf("3 bytes too many: %v", err)
	}
}

func FuzzClean(f *testing.F) {
	f.Add("a\r\n\r\r\n\u0085b")
	f.Fuzz(func(t *testing.T, text string) {
		once, err := Clean(text)
		if err != nil {
			return
		}
		if twice, err := Clean(once); err != nil || twice != once {
			t.Errorf("%q became %q, and cleaned again %q, %v", text, once, twice, err)
		}
		if strings.ContainsFunc(once, func(r rune) bool { return r < ' ' && r != '\n' || r == '\u202E' }) {
			t.Errorf("%q became %q", text, once)
		}
	})
}

func TestWhatIsSaidWaitsInOrder(t *testing.T) {
	dir := t.TempDir()
	if words, err := Waiting(dir, 0); err != nil || len(words) != 0 {
		t.Errorf("before anything is said: %v, %v", words, err)
	}
	say := func(want int, f func() (int, error)) {
		t.Helper()
		if n, err := f(); err != nil || n != want {
			t.Fatalf("got number %d, %v; want %d", n, err, want)
		}
	}
	say(1, func() (int, error) { return Send(dir, 0, "raise\x00 DEPTH", "guide") })
	say(2, func() (int, error) { return Withdraw(dir, 0, "watch") })
	say(6, func() (int, error) { return Send(dir, 5, "lower it", "watch") }) // the record may know of more than the folder
	words, err := Waiting(dir, 1)
	if err != nil || len(words) != 2 || words[0].N != 2 || words[0].Text != "" || words[0].Bad != "" || words[1].Text != "lower it" || words[1].Via != "watch" {
		t.Errorf("after number 1 wait %+v, %v", words, err)
	}
	if words, err = Waiting(dir, 0); err != nil || words[0].Text != "raise DEPTH" {
		t.Errorf("from the beginning wait %+v, %v", words, err)
	}
}

func TestManyWhoSpeakAtOnceAreAllHeard(t *testing.T) {
	dir := t.TempDir()
	var group sync.WaitGroup
	for i := range 20 {
		group.Go(func() {
			if _, err := Send(dir, 0, fmt.Sprint("word ", i), "guide"); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	words, err := Waiting(dir, 0)
	if err != nil || len(words) != 20 {
		t.Fatalf("%d words wait, want 20 (%v)", len(words), err)
	}
	heard := map[string]bool{}
	for i, w := range words {
		heard[w.Text] = true
		if w.N != i+1 {
			t.Errorf("word %d has number %d", i+1, w.N)
		}
	}
	if len(heard) != 20 {
		t.Errorf("%d different words were heard, want 20", len(heard))
	}
	if left, err := filepath.Glob(filepath.Join(dir, Folder, ".part-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A file that somebody else put there is told as bad, and what is no number is none of ours.
func TestFilesOfOthersAreNotBelieved(t *testing.T) {
	dir := t.TempDir()
	folder := filepath.Join(dir, Folder)
	if err := os.Mkdir(folder, 0o777); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"1.json":  "not JSON",
		"2.json":  `{"version": 9, "text": "x", "via": "guide"}`,
		"3.json":  `{"version": 1, "text": "x", "via": "mail"}`,
		"4.json":  `{"version": 1, "text": "` + strings.Repeat("x", MaxBytes+1) + `", "via": "guide"}`,
		"5.json":  strings.Repeat("x", maxFile+1),
		"6.json":  `{"version": 1, "text": "good\u0007", "via": "guide"}`,
		"07.json": `{"version": 1, "text": "x", "via": "guide"}`,
		"-1.json": "", "x.json": "", "8": "", ".part-1": "half a",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	words, err := Waiting(dir, 0)
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.DeleteFunc(slices.Clone(words), func(w Word) bool { return w.Bad == "" })
	if len(words) != 6 || len(bad) != 5 || words[5].Text != "good" {
		t.Errorf("got %+v, want files 1 to 6, all but the last bad", words)
	}
	for _, w := range bad {
		if w.Text != "" {
			t.Errorf("file %d is bad (%s) and says %.30q all the same", w.N, w.Bad, w.Text)
		}
	}
}
