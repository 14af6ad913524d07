//go:build cuda && linux && amd64

// Command devices lists the CUDA devices of this machine, or says why there is none.
package main

import (
	"fmt"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

func main() {
	names, err := driver.Names()
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range names {
		fmt.Println(name)
	}
}
