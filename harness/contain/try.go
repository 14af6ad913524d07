package contain

import (
	"errors"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"
)

// An Attempt is something that a contained program must not be able to do, as the program itself found.
type Attempt struct {
	What string `json:"what"`
	// Open is set where it was possible: it was done, or failed for another reason than that it is not allowed.
	Open  bool   `json:"open"`
	Error string `json:"error,omitempty"` // what the system said
}

type deed struct {
	what string
	do   func() error
}

// attempts do nothing that lasts where they succeed.
var attempts = append([]deed{
	{"read files", func() error { _, err := os.ReadFile("/etc/passwd"); return err }},
	{"list folders", func() error { _, err := os.ReadDir("/"); return err }},
	{"write files", writeFile},
	{"use TCP", func() error { return dial("tcp") }},
	{"use UDP", func() error { return dial("udp") }},
	{"start processes", startProcess},
}, ofThisSystem...)

// Attempts names what Try tries.
func Attempts() []string {
	var names []string
	for _, a := range attempts {
		names = append(names, a.what)
	}
	return names
}

// Try makes every attempt. A contained program calls it to find out how it is held.
func Try() []Attempt {
	var all []Attempt
	for _, a := range attempts {
		t := Attempt{What: a.what}
		err := a.do()
		// fs.ErrPermission is EPERM and EACCES: everything else says that the way there was open.
		t.Open = !errors.Is(err, fs.ErrPermission)
		if err != nil {
			t.Error = err.Error()
		}
		all = append(all, t)
	}
	return all
}

func writeFile() error {
	name := filepath.Join(os.TempDir(), "bilevel-try-"+strconv.Itoa(os.Getpid()))
	f, err := os.OpenFile(name, os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	f.Close()
	return os.Remove(name)
}

// dial speaks to a port of this machine on which hardly anybody listens.
func dial(network string) error {
	c, err := net.DialTimeout(network, "127.0.0.1:1", time.Second)
	if err != nil {
		return err
	}
	return c.Close()
}

// startProcess starts this program again, with arguments that it knows nothing to do about.
func startProcess() error {
	exe, err := os.Executable()
	if err != nil {
		exe = os.Args[0]
	}
	p, err := os.StartProcess(exe, []string{exe, "contain", "--nothing"}, &os.ProcAttr{})
	if err != nil {
		return err
	}
	_, err = p.Wait()
	return err
}
