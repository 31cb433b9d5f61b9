package daemon

import (
	"log/slog"
	"syscall"

	"golang.org/x/sys/unix"
)

// timerSlack is by how much the kernel may delay a timer of a thread, in
// nanoseconds. While anything runs, a thread of Go's runtime sleeps for 20 µs
// again and again, to look for blocked system calls: with the 50 µs of slack
// that threads usually have, this is a fifth of the processor time at 300
// results a second.
const timerSlack = 300_000

// relaxTimers sets the slack of the threads that run. A thread that starts later
// has it from the one that starts it. It is no loss where that is not possible:
// a build with cgo knows not all threads.
func relaxTimers(logger *slog.Logger) {
	_, _, errno := syscall.AllThreadsSyscall(unix.SYS_PRCTL, unix.PR_SET_TIMERSLACK, timerSlack, 0)
	if errno != 0 {
		logger.Debug("the timers keep their slack", "err", errno)
	}
}
