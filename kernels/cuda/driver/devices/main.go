//go:build cuda && linux && amd64

// Command devices lists the CUDA devices of this machine, or says why there is none.
package main

import (
	"fmt"
	"os"

	"github.com/seed161a02ea/bilevel/kernels/cuda/driver"
)

func main() {
	n, err := driver.Count()
	if err != nil {
		fmt.Println(err)
		return
	}
	for i := range n {
		d, err := driver.Open(i)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Printf("%s, compute capability %d.%d\n", d.Name, d.Major, d.Minor)
		if err := d.Close(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}
