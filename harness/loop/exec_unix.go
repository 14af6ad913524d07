//go:build unix

package loop

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"syscall"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

// execImage checks the binary's hash and execs it: same process id, same pipes. It returns only on error.
func execImage(e *wire.Exec) error {
	got, err := fileHash(e.Path)
	if err != nil {
		return err
	}
	if got != e.Hash {
		return fmt.Errorf("binary has sha256 %.12s, want %.12s; it was changed after it was rehearsed", got, e.Hash)
	}
	return syscall.Exec(e.Path, append([]string{e.Path}, e.Args...), os.Environ())
}

func fileHash(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
