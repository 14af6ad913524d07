package contain

import (
	"debug/elf"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/landlock-lsm/go-landlock/landlock"
	ll "github.com/landlock-lsm/go-landlock/landlock/syscall"
)

// show is what a contained program may do with what it is shown. Reading is needed beside executing: a runner compares the
// hash of a binary with what it was told before it becomes it.
const show landlock.AccessFSSet = ll.AccessFSExecute | ll.AccessFSReadFile

// restrictFiles lets the process read and execute the program and what else is allowed, and what the dynamic loader needs
// where one of them is linked dynamically (the tool is, where it was built with a C compiler). With that go all that Landlock
// restricts beside files: TCP, and signals and abstract sockets to processes outside.
func restrictFiles(s Spec) error {
	shown := append([]string{s.Program}, s.Allow...)
	rules := []landlock.Rule{landlock.PathAccess(show, shown...)}
	for _, path := range shown {
		more, err := loaderRules(path)
		if err != nil {
			return err
		}
		rules = append(rules, more...)
	}
	return landlock.V11.BestEffort().Restrict(rules...) // as much of it as the kernel knows; Offered has found that it knows some
}

// loaderRules lets a dynamically linked program be loaded: its interpreter executed, libraries read. A folder, a program that
// is linked statically, and a file that is no program of this system need nothing.
func loaderRules(path string) ([]landlock.Rule, error) {
	f, err := elf.Open(path)
	if err != nil {
		return nil, nil // exec will say what is wrong with it, if anything is
	}
	defer f.Close()
	interpreter, err := interpreterOf(f)
	if err != nil || interpreter == "" {
		return nil, err
	}
	folders := []string{filepath.Dir(interpreter), "/lib", "/lib64", "/usr/lib", "/usr/lib64", "/usr/local/lib", "/usr/local/lib64"}
	for _, tag := range []elf.DynTag{elf.DT_RPATH, elf.DT_RUNPATH} {
		paths, err := f.DynString(tag)
		if err != nil {
			return nil, fmt.Errorf("library folders of %s: %w", path, err)
		}
		for _, list := range paths {
			list = strings.ReplaceAll(list, "$ORIGIN", filepath.Dir(path))
			folders = append(folders, slices.DeleteFunc(strings.Split(list, ":"), func(dir string) bool { return dir == "" })...)
		}
	}
	return []landlock.Rule{
		landlock.PathAccess(show, interpreter),
		landlock.PathAccess(ll.AccessFSReadFile, append(folders, "/etc/ld.so.cache")...).IgnoreIfMissing(),
	}, nil
}

// interpreterOf is the path of the dynamic loader that a program asks for, empty where it asks for none.
func interpreterOf(f *elf.File) (string, error) {
	for _, p := range f.Progs {
		if p.Type != elf.PT_INTERP {
			continue
		}
		b := make([]byte, p.Filesz)
		if _, err := p.ReadAt(b, 0); err != nil {
			return "", fmt.Errorf("name of the dynamic loader: %w", err)
		}
		return strings.TrimRight(string(b), "\x00"), nil
	}
	return "", nil
}
