//go:build !unix

package loop

import (
	"errors"

	"github.com/seed161a02ea/bilevel/harness/wire"
)

func execImage(*wire.Exec) error {
	return errors.New("this operating system cannot replace a process's image; run bilevel on Linux or macOS, or with --no-level2")
}
