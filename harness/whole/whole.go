// Package whole writes files such that a reader, or somebody who looks after a loss of power, finds the old one or the new one
// and never a part.
package whole

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file name, in a folder that exists. Where there is an error it is as it was.
func Write(name string, b []byte, mode fs.FileMode) error {
	part, err := Part(filepath.Dir(name), b, mode)
	if err == nil {
		if err = os.Rename(part, name); err != nil {
			os.Remove(part)
		}
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

// Part writes a file without a name of its own into a folder, for a caller who gives it one that must not be taken. What it
// holds has reached the disk. Its name begins with a dot; where there is an error there is no file.
func Part(folder string, b []byte, mode fs.FileMode) (name string, err error) {
	f, err := os.CreateTemp(folder, ".part-*")
	if err != nil {
		return "", err
	}
	_, err = f.Write(b)
	if err == nil {
		err = f.Chmod(mode)
	}
	if err == nil {
		err = f.Sync()
	}
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		os.Remove(f.Name())
		return "", err
	}
	return f.Name(), nil
}
