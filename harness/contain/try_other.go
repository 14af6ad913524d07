//go:build !linux

package contain

// ofThisSystem is empty: nothing here stops what could be tried beside what every system has.
var ofThisSystem []deed
