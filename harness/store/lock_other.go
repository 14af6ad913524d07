//go:build !unix

package store

import (
	"fmt"
	"runtime"
)

type lock struct{}

func takeLock(dir string) (*lock, error) {
	return nil, fmt.Errorf("lock run %s: runs need flock and execve, which %s lacks; use Linux, macOS or a BSD", dir, runtime.GOOS)
}

func (*lock) release() {}
