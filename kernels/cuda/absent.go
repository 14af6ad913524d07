//go:build !(cuda && linux && amd64)

package cuda

import (
	"errors"
	"io"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

var errAbsent = errors.New("cuda: this program was built without CUDA: build it by go run ./kernels/cuda/install, on linux/amd64, or use the CPU")

// New says how to get a backend.
func New(Config) (gpt.Backend, error) { return nil, errAbsent }

// Devices says how to get a backend.
func Devices() ([]string, error) { return nil, errAbsent }

// Check says how to get a backend.
func Check(w io.Writer, n int, seed uint64) error { return errAbsent }
