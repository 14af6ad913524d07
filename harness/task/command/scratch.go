package command

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// A scratch is the folder that one trial runs in. A lock beside it tells other processes that it is in use: the kernel releases
// it however its owner ends, and the next trial sweeps up what a killed one left.
type scratch struct {
	dir  string
	lock *os.File
}

const lockSuffix = ".lock"

// takeScratch makes an empty folder below the cache.
func takeScratch(cache string) (*scratch, error) {
	parent := filepath.Join(cache, "trials")
	if err := os.MkdirAll(parent, 0o777); err != nil {
		return nil, err
	}
	if err := sweep(parent); err != nil {
		return nil, err
	}
	const attempts = 100 // a sweeper in another process may take a lock before its owner does
	for range attempts {
		f, err := os.CreateTemp(parent, "trial-*"+lockSuffix)
		if err != nil {
			return nil, err
		}
		s := &scratch{dir: strings.TrimSuffix(f.Name(), lockSuffix), lock: f}
		if tryLock(f) && stillThere(f) {
			return s, os.Mkdir(s.dir, 0o777)
		}
		f.Close()
	}
	return nil, fmt.Errorf("make a folder below %s: its lock was taken away %d times", parent, attempts)
}

func (s *scratch) remove() error {
	err := removeAll(s.dir)
	os.Remove(s.lock.Name())
	s.lock.Close()
	return err
}

// removeAll removes a folder in which a program may have taken permissions away.
func removeAll(dir string) error {
	if err := os.RemoveAll(dir); err == nil {
		return nil
	}
	filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			os.Chmod(name, 0o700) // so that WalkDir, which calls this before it reads the folder, can read it
		}
		return nil
	})
	return os.RemoveAll(dir)
}

// sweep removes folders whose owner is gone.
func sweep(parent string) error {
	names, err := filepath.Glob(filepath.Join(parent, "trial-*"+lockSuffix))
	if err != nil {
		return err
	}
	for _, name := range names {
		f, err := os.OpenFile(name, os.O_RDWR, 0)
		if err != nil {
			continue // swept by another
		}
		if tryLock(f) && stillThere(f) {
			removeAll(strings.TrimSuffix(name, lockSuffix))
			os.Remove(name)
		}
		f.Close()
	}
	return nil
}

// stillThere reports whether the file's name still means this file.
func stillThere(f *os.File) bool {
	mine, err := f.Stat()
	if err != nil {
		return false
	}
	now, err := os.Stat(f.Name())
	return err == nil && os.SameFile(mine, now)
}
