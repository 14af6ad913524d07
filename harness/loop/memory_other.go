//go:build !linux

package loop

// limitAddressSpace does nothing: only the watch on the heap bounds a runner here.
func limitAddressSpace() error { return nil }
