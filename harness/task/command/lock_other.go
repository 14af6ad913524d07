//go:build !unix

package command

import "os"

// tryLock takes no lock: such systems have no flock, and a run needs one anyhow.
func tryLock(*os.File) bool { return false }
