package contain

import (
	"fmt"
	"math"

	seccomp "github.com/elastic/go-seccomp-bpf"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// boundsAddressSpace says that the limit of the address space binds.
const boundsAddressSpace = true

// Offered returns the walls that this kernel offers, with what is worth knowing of each, and those it lacks.
func Offered() (map[Wall]string, []Missing) {
	offered := map[Wall]string{Limits: "limits", Privileges: "no privileges"}
	var missing []Missing
	if abi, err := ll.LandlockGetABIVersion(); err != nil {
		missing = append(missing, Missing{Landlock, fmt.Sprintf("the kernel has none (%v); Linux 5.13 or later with landlock among its security modules has it", err)})
	} else {
		offered[Landlock] = fmt.Sprintf("Landlock ABI %d", abi)
	}
	switch _, err := policy(); {
	case !seccomp.Supported():
		missing = append(missing, Missing{Seccomp, "the kernel has no filters; one with CONFIG_SECCOMP_FILTER has"})
	case err != nil:
		missing = append(missing, Missing{Seccomp, err.Error()})
	default:
		offered[Seccomp] = "seccomp filters"
	}
	return offered, missing
}

// kept are the capabilities that a contained root keeps: those that let it read and execute what Landlock shows it where the
// files are another user's. They open nothing that Landlock closes.
const kept = 1<<unix.CAP_DAC_OVERRIDE | 1<<unix.CAP_DAC_READ_SEARCH

// dropPrivileges makes sure that no program this process becomes has more rights than it, and takes root's capabilities.
// Capabilities are a thread's, and under no_new_privs root does not get them back by exec.
func dropPrivileges(Spec) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no new privileges: %w", err)
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData // of the capabilities from 0 and of those from 32 on
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return fmt.Errorf("read capabilities: %w", err)
	}
	for i := range sets {
		var mask uint32
		if i == 0 {
			mask = kept
		}
		sets[i].Effective &= mask
		sets[i].Permitted &= mask
		sets[i].Inheritable = 0
	}
	if err := unix.Capset(&header, &sets[0]); err != nil {
		return fmt.Errorf("drop capabilities: %w", err)
	}
	return nil
}

// closeRange marks the descriptors from the first on to be closed by exec. Linux 5.11 or later can.
func closeRange(first int) error {
	return unix.CloseRange(uint(first), math.MaxUint32, unix.CLOSE_RANGE_CLOEXEC)
}
