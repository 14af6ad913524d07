package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"syscall"

	"golang.org/x/sys/unix"
)

func checkLandlock(context.Context) check {
	const createVersion = 1 // LANDLOCK_CREATE_RULESET_VERSION: asks for the ABI version and makes nothing
	abi, _, errno := syscall.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, createVersion)
	if errno != 0 {
		return check{"Landlock", lesser, fmt.Sprintf("no: %v", errno), "runners are held by what is vetted and by the other walls; Linux 5.13 or later with landlock in /sys/kernel/security/lsm has it"}
	}
	return check{Name: "Landlock", State: healthy, Found: fmt.Sprintf("yes, ABI %d", abi)}
}

func checkSeccomp(context.Context) check {
	b, err := os.ReadFile("/proc/sys/kernel/seccomp/actions_avail")
	if err != nil || !strings.Contains(string(b), "errno") {
		return check{"seccomp", lesser, "no", "runners are held by what is vetted and by the other walls; a kernel with CONFIG_SECCOMP_FILTER has it"}
	}
	return check{Name: "seccomp", State: healthy, Found: "yes, filters"}
}

// freeSpace is how many bytes an ordinary user may still write below a folder.
func freeSpace(dir string) (int64, bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return int64(s.Bavail) * s.Bsize, true
}
