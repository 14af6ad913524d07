package contain

import (
	"fmt"
	"syscall"
	"unsafe"

	seccomp "github.com/elastic/go-seccomp-bpf"
	"github.com/elastic/go-seccomp-bpf/arch"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"
)

// A rule lets a system call through where one of its cases holds, and no other rule speaks of the call.
type rule struct {
	call  string
	cases [][]condition // each holds where all its conditions do
}

// A condition compares one argument. The kernel takes the arguments spoken of here as 32 bits, or as a pointer that is null.
type condition struct {
	argument uint32 // from 0
	mask     uint32 // bits looked at; all of them means that the upper half must be 0 too
	value    uint32
}

const (
	wholeArgument = ^uint32(0)
	writing       = unix.O_WRONLY | unix.O_RDWR | unix.O_CREAT | unix.O_TRUNC | unix.O_APPEND
	nameAnArea    = 0x53564d41 // PR_SET_VMA: the Go runtime names its memory
)

// rules are those of the process with this id; it keeps the id when it becomes another program.
func rules(pid int) []rule {
	is := func(argument uint32, value int) condition { return condition{argument, wholeArgument, uint32(value)} }
	reading := func(argument uint32) condition { return condition{argument, writing, 0} }
	set := func(argument, bit uint32) condition { return condition{argument, bit, bit} }
	one := func(c ...condition) [][]condition { return [][]condition{c} }
	return []rule{
		{"openat", one(reading(2))},
		{"open", one(reading(1))},                       // of older C libraries
		{"clone", one(set(0, unix.CLONE_THREAD))},       // threads, no processes
		{"tgkill", one(is(0, pid))},                     // the Go runtime interrupts its own threads
		{"kill", one(is(0, pid))},                       // and dies by signal
		{"newfstatat", one(set(3, unix.AT_EMPTY_PATH))}, // the C library's fstat; no path is looked up
		{"prlimit64", [][]condition{{is(0, 0), is(2, 0)}, // reading one's own
			{is(0, pid), is(2, 0)},
			{is(0, 0), is(1, unix.RLIMIT_AS)}}}, // a runner bounds its own memory; the hard limit stands
		{"prctl", one(is(0, nameAnArea))},
		{"fcntl", [][]condition{{is(1, unix.F_GETFD)}, {is(1, unix.F_SETFD)}, {is(1, unix.F_GETFL)}, {is(1, unix.F_SETFL)},
			{is(1, unix.F_DUPFD_CLOEXEC)}}}, // not F_SETOWN: it sends signals
	}
}

// Where struct seccomp_data holds what a filter looks at. Both processors that are spoken of here are little-endian.
const (
	atNumber = 0
	atArch   = 4
	atFirst  = 16 // argument, 8 bytes each, the lower half first
)

const (
	pass   = uint32(seccomp.ActionAllow)
	refuse = uint32(seccomp.ActionErrno) | uint32(unix.EPERM)
)

// program is a filter that refuses calls of which a rule speaks and no case holds.
func program(rules []rule, info *arch.Info) []bpf.Instruction {
	load := func(offset uint32) bpf.Instruction { return bpf.LoadAbsolute{Off: offset, Size: 4} }
	all := []bpf.Instruction{
		load(atArch),
		bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(info.ID), SkipTrue: 1},
		bpf.RetConstant{Val: refuse},
	}
	for _, r := range rules {
		number, ok := info.SyscallNames[r.call]
		if !ok {
			continue // this processor's interface does not have it
		}
		var block []bpf.Instruction
		for _, c := range r.cases {
			block = append(block, caseProgram(c, load)...)
		}
		block = append(block, bpf.RetConstant{Val: refuse})
		all = append(all, load(atNumber), bpf.JumpIf{Cond: bpf.JumpEqual, Val: uint32(number), SkipFalse: uint8(len(block))})
		all = append(all, block...)
	}
	return append(all, bpf.RetConstant{Val: pass})
}

// caseProgram lets the call through where all conditions hold, and else goes on behind its own end.
func caseProgram(conditions []condition, load func(uint32) bpf.Instruction) []bpf.Instruction {
	code := []bpf.Instruction{bpf.RetConstant{Val: pass}}
	before := func(in ...bpf.Instruction) { code = append(in, code...) }
	for _, c := range conditions {
		lower := atFirst + 8*c.argument
		before(load(lower), bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: c.mask}, bpf.JumpIf{Cond: bpf.JumpEqual, Val: c.value, SkipFalse: uint8(len(code))})
		if c.mask == wholeArgument {
			before(load(lower+4), bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0, SkipFalse: uint8(len(code))})
		}
	}
	return code
}

// loadRules puts the filter on this thread.
func loadRules(rules []rule) error {
	info, err := arch.GetInfo("")
	if err != nil {
		return err
	}
	raw, err := bpf.Assemble(program(rules, info))
	if err != nil {
		return fmt.Errorf("filter of arguments: %w", err)
	}
	code := make([]syscall.SockFilter, len(raw))
	for i, in := range raw {
		code[i] = syscall.SockFilter{Code: in.Op, Jt: in.Jt, Jf: in.Jf, K: in.K}
	}
	p := syscall.SockFprog{Len: uint16(len(code)), Filter: &code[0]}
	if _, _, errno := syscall.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, 0, uintptr(unsafe.Pointer(&p))); errno != 0 {
		return fmt.Errorf("filter of arguments: %w", errno)
	}
	return nil
}
