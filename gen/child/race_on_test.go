//go:build race

package child

// racing is set when the test binary, which the tests run as their program, reserves terabytes of address space.
const racing = true
