package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"golang.org/x/sys/unix"
)

// lockFile takes the lock that keeps a second process from the journal. The
// kernel drops it when the process ends, however it ends.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := lockOnce(path)
		if err != nil {
			return nil, err
		}
		was, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		if stillThere(path, was) == nil {
			return f, nil
		}
		f.Close() // somebody removed it just before it was locked
	}
}

func lockOnce(path string) (*os.File, error) {
	if err := ensureFile(path); err != nil {
		return nil, err
	}
	f, err := regular.OpenFile(path, os.O_RDWR|os.O_CREATE, fileMode)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		holder, _ := io.ReadAll(io.LimitReader(f, 32))
		f.Close()
		return nil, fmt.Errorf("another process (pid %s) has it open", strings.TrimSpace(string(holder)))
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("locking %s: %w", path, err)
	}
	// The pid is for the message above only: a full disk must not keep us from
	// starting.
	if f.Truncate(0) == nil {
		_, _ = fmt.Fprintln(f, os.Getpid())
	}
	return f, nil
}

// checkAccess returns why the file can't be used, in the words of the operating
// system: SQLite would only report "unable to open database file". It must run while
// the file is not open: closing any descriptor of a file drops the POSIX locks
// that SQLite holds on it.
func checkAccess(path string) error {
	f, err := regular.OpenFile(path, os.O_RDWR, 0)
	if errors.Is(err, os.ErrNotExist) {
		return nil // its directory is there and writable: the lock file is in it
	}
	if err != nil {
		return err
	}
	return f.Close()
}

// checkSQLites returns an error if one of the files that SQLite keeps beside the
// database can't be used as one: it would not name it.
func checkSQLites(path string) error { return checkBeside(path, "-wal", "-shm", "-journal") }

func checkBeside(path string, suffixes ...string) error {
	for _, suffix := range suffixes {
		info, err := os.Stat(path + suffix)
		if err == nil && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is not a regular file: move it away", path+suffix)
		}
	}
	return nil
}

// whoami names the user for error messages.
func whoami() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return fmt.Sprintf("uid %d", os.Geteuid())
}
