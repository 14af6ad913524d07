//go:build race

package contain

// The race detector's runtime reserves terabytes of address space and makes system calls that no runner makes.
const raceDetector = true
