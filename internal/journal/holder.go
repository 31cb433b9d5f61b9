package journal

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"golang.org/x/sys/unix"
	sqlite3 "modernc.org/sqlite/lib"
)

// holder is a process that has SQLite's lock on a file.
type holder struct {
	pid    int  // 0: it is not visible, as one of another container
	writes bool // nobody else can read the file meanwhile
}

// The bytes of SQLite's locks (os.h of its sources). Whoever reads a file with a
// write-ahead log locks some of the shared ones as long as it has it open.
const (
	sqlitePendingByte = 0x40000000
	sqliteLockBytes   = 512
)

// holderOf asks the kernel who keeps us from a file. It must not be called while
// the file is open in this process: closing any descriptor of it drops SQLite's
// locks.
func holderOf(path string) (h holder, found bool) {
	lock, found, err := lockAgainst(path,
		unix.Flock_t{Type: unix.F_WRLCK, Start: sqlitePendingByte, Len: sqliteLockBytes})
	if err != nil || !found {
		return h, false
	}
	return holder{pid: max(int(lock.Pid), 0), writes: lock.Type == unix.F_WRLCK}, true
}

// lockAgainst returns the lock of another process that keeps us from one on a file.
// It takes none, and must not be called while the file is open in this process.
func lockAgainst(path string, lock unix.Flock_t) (held unix.Flock_t, found bool, err error) {
	f, err := regular.Open(path)
	if err != nil {
		return held, false, err
	}
	defer f.Close()
	if err := unix.FcntlFlock(f.Fd(), unix.F_GETLK, &lock); err != nil {
		return held, false, fmt.Errorf("looking for locks on %s: %w", path, err)
	}
	return lock, lock.Type != unix.F_UNLCK, nil
}

func (h holder) String() string {
	if h.pid == 0 {
		return "a process that can't be seen from here"
	}
	name, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", h.pid))
	if err != nil {
		return fmt.Sprintf("process %d", h.pid)
	}
	return fmt.Sprintf("process %d (%s)", h.pid, strings.TrimSpace(string(name)))
}

func isBusy(err error) bool { return resultCode(err)&0xff == sqlite3.SQLITE_BUSY }

// openAlone opens the file, and waits while somebody else only reads it: it might
// be a shell that was forgotten. Another writer is a second connector.
func openAlone(ctx context.Context, j *Journal) (*writer, error) {
	for logged := false; ; logged = true {
		w, err := newWriter(j)
		if !isBusy(err) {
			return w, err
		}
		h, found := holderOf(j.opts.Path)
		if found && h.writes {
			return nil, fmt.Errorf("another process has it open: %s", h)
		}
		if found && !logged {
			j.log.Error("somebody looks into the journal: waiting until it is closed there",
				"path", j.opts.Path, "holder", h.String())
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}
