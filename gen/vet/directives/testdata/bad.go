// want+1 `the comment "//go:build linux" is an instruction`
//go:build linux

// Package bad gives instructions.
package bad

// want+2 `go:noinline`
//
//go:noinline
func a() {}

// want+2 `the comment "//line x.go:7"`
//
//line x.go:7
func b() {}

// want+2 `export`
//
//export c
func c() {}

// want+2 `lint:ignore`
//
//lint:ignore U1000 nobody calls
func d() {}
