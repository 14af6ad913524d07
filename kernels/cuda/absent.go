//go:build !(cuda && linux && amd64)

package cuda

import (
	"errors"

	"github.com/seed161a02ea/bilevel/kernels/gpt"
)

// New says how to get a backend.
func New(Config) (gpt.Backend, error) {
	return nil, errors.New("cuda: this program was built without CUDA: build it for linux/amd64 with -tags cuda (see kernels/cuda/README.md), or use the CPU")
}
