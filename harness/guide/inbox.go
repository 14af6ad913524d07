package guide

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed161a02ea/bilevel/harness/whole"
)

// Folder is where a run's folder holds what was said.
const Folder = "guidance"

// version is that of a file's form.
const version = 1

// maxFile is more than any file that Send writes has, in bytes.
const maxFile = 64 << 10

// A Word is one thing that a person said.
type Word struct {
	N    int    // its number, from 1
	Text string // cleaned; empty when it only withdraws the one before
	Via  string // the verb it was said to
	Said int64  // milliseconds since 1970

	// Bad says why the file cannot be used; then Text is empty and withdraws nothing.
	Bad string
}

// A file is a Word as it is written.
type file struct {
	Version  int    `json:"version"`
	Text     string `json:"text"`
	Withdraw bool   `json:"withdraw,omitempty"`
	Via      string `json:"via"`
	Said     int64  `json:"said_ms"`
}

// Send says a text to the run in dir and returns its number, which is above `after`, the highest on record. When it
// returns, the text is on the disk.
func Send(dir string, after int, text, via string) (int, error) {
	text, err := Clean(text)
	if err != nil {
		return 0, err
	}
	return put(dir, after, file{Version: version, Text: text, Via: via, Said: time.Now().UnixMilli()})
}

// Withdraw says to the run in dir that nothing said before is in force any longer.
func Withdraw(dir string, after int, via string) (int, error) {
	return put(dir, after, file{Version: version, Withdraw: true, Via: via, Said: time.Now().UnixMilli()})
}

// put writes a file whole under the next number that is free.
func put(dir string, after int, x file) (n int, err error) {
	b, err := json.Marshal(x)
	if err != nil {
		return 0, fmt.Errorf("guide run %s: %w", dir, err)
	}
	folder := filepath.Join(dir, Folder)
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return 0, fmt.Errorf("guide run %s: %w", dir, err)
	}
	part, err := whole.Part(folder, append(b, '\n'), 0o644)
	if err != nil {
		return 0, fmt.Errorf("guide run %s: %w", dir, err)
	}
	defer os.Remove(part)
	for {
		numbers, err := numbers(folder)
		if err != nil {
			return 0, fmt.Errorf("guide run %s: %w", dir, err)
		}
		n := 1 + max(after, slices.Max(append(numbers, 0)))
		// Unlike a rename, a link fails where somebody else took the number meanwhile.
		err = os.Link(part, filepath.Join(folder, name(n)))
		switch {
		case errors.Is(err, fs.ErrExist):
			continue
		case err != nil:
			return 0, fmt.Errorf("guide run %s: %w; the run's folder must lie where files can have two names", dir, err)
		}
		return n, syncFolder(folder)
	}
}

// syncFolder makes a new name in a folder last through a loss of power, where the system has a way to.
func syncFolder(folder string) error {
	d, err := os.Open(folder)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, errors.ErrUnsupported) {
		return fmt.Errorf("sync %s: %w", folder, err)
	}
	return nil
}

// Waiting returns what was said to the run in dir with numbers above after, the highest on record, in order.
func Waiting(dir string, after int) ([]Word, error) {
	folder := filepath.Join(dir, Folder)
	all, err := numbers(folder)
	if err != nil {
		return nil, fmt.Errorf("read guidance of run %s: %w", dir, err)
	}
	var words []Word
	for _, n := range all {
		if n <= after {
			continue
		}
		w, err := read(folder, n)
		if err != nil {
			return nil, fmt.Errorf("read guidance of run %s: %w", dir, err)
		}
		words = append(words, w)
	}
	return words, nil
}

// numbers lists the numbers of the files in a folder, which need not exist, in order. Anything else in it is passed over.
func numbers(folder string) ([]int, error) {
	entries, err := os.ReadDir(folder)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []int
	for _, e := range entries {
		digits, _ := strings.CutSuffix(e.Name(), ".json")
		if n, err := strconv.Atoi(digits); err == nil && n > 0 && e.Name() == name(n) {
			all = append(all, n)
		}
	}
	slices.Sort(all)
	return all, nil
}

func name(n int) string { return strconv.Itoa(n) + ".json" }

// read reads one file. Whoever may write in the folder may have made it, so nothing in it is believed. An error is the
// machine's: the file may be read another time.
func read(folder string, n int) (Word, error) {
	w, path := Word{N: n}, filepath.Join(folder, name(n))
	info, err := os.Lstat(path)
	if err != nil {
		return w, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxFile {
		w.Bad = fmt.Sprintf("%s/%s is no plain file of at most %d bytes", Folder, name(n), maxFile)
		return w, nil
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return w, err
	}
	var x file
	switch {
	case json.Unmarshal(b, &x) != nil:
		w.Bad = fmt.Sprintf("%s/%s holds no guidance in JSON", Folder, name(n))
	case x.Version != version:
		w.Bad = fmt.Sprintf("%s/%s has version %d, this program reads version %d", Folder, name(n), x.Version, version)
	case x.Via != "watch" && x.Via != "guide":
		w.Bad = fmt.Sprintf(`%s/%s was said neither to "watch" nor to "guide"`, Folder, name(n))
	default:
		w.Via, w.Said = x.Via, x.Said
		if x.Withdraw {
			break
		}
		if w.Text, err = Clean(x.Text); err != nil {
			w.Bad = err.Error()
		}
	}
	return w, nil
}
