// Package browsertest looks at pages with a real browser, in tests.
package browsertest

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Find finds Chromium, or skips the test.
func Find(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds to start")
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Skip("no Chromium on this machine: the page was not looked at in a browser; apt-get install chromium")
	return ""
}

// DOM opens an address in a scheme, light or dark, and returns the page as its scripts have made it after ten seconds of the
// browser's own time. Anything its console says fails the test.
func DOM(t *testing.T, chromium, scheme, url string) []byte {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), time.Minute)
	defer stop()
	home := t.TempDir()
	preferred := map[string]string{"light": "1", "dark": "0"}[scheme] // Blink's PreferredColorScheme
	c := exec.CommandContext(ctx, chromium,
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--enable-logging=stderr", "--user-data-dir="+home,
		"--blink-settings=preferredColorScheme="+preferred, "--virtual-time-budget=10000", "--window-size=1400,1000", "--dump-dom", url)
	c.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+filepath.Join(home, "config"), "XDG_CACHE_HOME="+filepath.Join(home, "cache"))
	var errs strings.Builder
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", chromium, err, errs.String())
	}
	for line := range strings.Lines(errs.String()) {
		if strings.Contains(line, "CONSOLE") {
			t.Errorf("the browser's console says: %s", line)
		}
	}
	return out
}
