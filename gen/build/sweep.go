package build

import (
	"os"
	"path/filepath"
	"time"
)

// How long unused parts of the cache are kept. A part is used when a build finds it; runs keep copies of the binaries they
// execute, so that nothing but time is lost.
const (
	keepParts = 30 * 24 * time.Hour
	keepTemp  = 24 * time.Hour // left by a process that was killed
)

// sweep removes what was not used for long. Errors are no matter: what cannot be removed now can be next time.
func sweep(cache string, now time.Time) {
	for pattern, age := range map[string]time.Duration{"snapshot/*": keepParts, "exports/*": keepParts, "plan/*": keepParts, archiveDir + "/*": keepParts, known + "/*": keepParts, "bin/*/*": keepParts, "tmp/*": keepTemp} {
		dirs, err := filepath.Glob(filepath.Join(cache, filepath.FromSlash(pattern)))
		if err != nil {
			continue
		}
		for _, dir := range dirs {
			if info, err := os.Stat(dir); err == nil && now.Sub(info.ModTime()) > age {
				_ = os.RemoveAll(dir)
			}
		}
	}
}

// used notes that a part of the cache is of use.
func used(dir string) {
	now := time.Now()
	_ = os.Chtimes(dir, now, now)
}
