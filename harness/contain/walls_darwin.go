package contain

import "errors"

// boundsAddressSpace is false: the limit exists, and binds nothing.
const boundsAddressSpace = false

// Offered returns the walls that this system offers, with what is worth knowing of each, and those it lacks.
func Offered() (map[Wall]string, []Missing) {
	var missing []Missing
	for _, w := range []Wall{Privileges, Landlock, Seccomp} {
		missing = append(missing, Missing{w, "macOS has none"})
	}
	return map[Wall]string{Limits: "limits"}, missing
}

var errNone = errors.New("macOS has none")

func dropPrivileges(Spec) error { return errNone }
func restrictFiles(Spec) error  { return errNone }
func filterCalls(Spec) error    { return errNone }

func closeRange(int) error { return errNone }
