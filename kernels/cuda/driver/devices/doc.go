//go:build !(cuda && linux && amd64)

// Command devices lists the CUDA devices of this machine, or says why there is none. Without the build tag cuda it only says so.
package main

import "fmt"

func main() {
	fmt.Println("built without -tags cuda")
}
