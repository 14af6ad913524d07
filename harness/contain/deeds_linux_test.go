package contain

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// deeds are what the contained program does.
var deeds = map[string]func([]string){
	"become": func(args []string) {
		fmt.Println(syscall.Exec(args[0], args, os.Environ()))
	},
	"become-when-told": func(args []string) {
		fmt.Println("ready")
		if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
			panic(err)
		}
		fmt.Println(syscall.Exec(args[0], args, os.Environ()))
	},
	"inventory": func([]string) {
		fmt.Print("descriptors")
		for fd := range descriptors {
			if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err == nil && flags&unix.FD_CLOEXEC == 0 {
				fmt.Print(" ", fd) // the runtime's own close on exec
			}
		}
		fmt.Print("\nenvironment")
		for _, pair := range os.Environ() {
			fmt.Print(" ", pair)
		}
		fmt.Println()
	},
	"compute":  func([]string) { compute() },
	"allocate": func([]string) { allocate() },
	"spin":     func([]string) { spin() },
	"parent":   func([]string) { parent() },
	"calls":    func([]string) { tryCalls() },
	"nothing":  func([]string) {},
	"bound": func([]string) {
		for _, limit := range []uint64{3 << 30, 5 << 30} { // lower and higher than the hard limit
			fmt.Println(syscall.Setrlimit(syscall.RLIMIT_AS, &syscall.Rlimit{Cur: limit, Max: limit}))
		}
	},
}

// compute needs threads, collections of garbage, the interruption of tight loops, and timers.
func compute() {
	runtime.GOMAXPROCS(4)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			runtime.LockOSThread()
			var keep [][]byte
			for i := range 200 {
				keep = append(keep, make([]byte, 1<<16))
				if i%50 == 0 {
					runtime.GC()
					keep = keep[:1]
				}
			}
			time.Sleep(time.Millisecond)
		})
	}
	stop := make(chan bool)
	go func() {
		for i := 0; ; i++ { // no call in it: it stops for a collection only when it is interrupted
			if i < 0 {
				close(stop)
			}
		}
	}()
	all.Wait()
	runtime.GC()
	fmt.Println("computed")
}

func allocate() {
	var keep [][]byte
	for range 64 {
		b := make([]byte, 64<<20)
		for i := 0; i < len(b); i += 4096 {
			b[i] = 1
		}
		keep = append(keep, b)
	}
	fmt.Println("held", len(keep))
}

func spin() {
	for i := 0; i >= 0; i++ {
	}
}

// parent starts a contained loop that is to die with it, and waits to be killed.
func parent() {
	runtime.LockOSThread() // the kernel means the thread by the parent
	exe, err := os.Executable()
	if err != nil {
		panic(err)
	}
	line := append(held.Prefix(exe), exe, "do", "spin")
	c := exec.Command(line[0], line[1:]...)
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := c.Start(); err != nil {
		panic(err)
	}
	fmt.Println(c.Process.Pid)
	time.Sleep(time.Minute)
}
