package main

import (
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// timerSlack is by how much the timers of the server's threads may be late, so that the kernel serves many at once:
// 4 ms, a tick of older kernels. Packets have threads and a slack of their own.
const timerSlack = 4e6 // ns

// relaxTimers has the program begin anew with timers that need not be exact. Go's monitor thread is the reason: while
// threads wake and sleep, as those that send packets do, it looks after them every 20 us, which costs as much as 50
// calls do. A thread takes the slack of the one that made it, and the monitor is there before any of our code: so only
// a process that already begins with it has it everywhere.
func relaxTimers() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if relaxed() {
		return nil
	}
	if err := unix.Prctl(unix.PR_SET_TIMERSLACK, timerSlack, 0, 0, 0); err != nil || !relaxed() {
		return err // a real-time thread has no slack
	}
	// It returns only if it fails; the slack stays then, for this thread alone.
	if err := syscall.Exec("/proc/self/exe", os.Args, os.Environ()); err != nil {
		return fmt.Errorf("beginning anew: %w", err)
	}
	return nil
}

// relaxed tells whether the timers of the calling thread are.
func relaxed() bool {
	now, err := unix.PrctlRetInt(unix.PR_GET_TIMERSLACK, 0, 0, 0, 0)
	return err == nil && now >= timerSlack
}
