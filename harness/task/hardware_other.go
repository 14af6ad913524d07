//go:build !linux

package task

import "runtime"

// processor names this machine's processor by its architecture.
func processor() string { return runtime.GOARCH }
