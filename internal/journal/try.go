package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// Try returns why Open would fail, as far as that can be known without changing
// anything. An *InUseError means that a connector runs with this journal already.
func Try(path string) error {
	dir := filepath.Dir(path)
	info, err := os.Stat(dir)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w: create the directory, owned by the user that runs the connector", err)
	case err != nil:
		return err
	case !info.IsDir():
		return fmt.Errorf("%s is not a directory", dir)
	}
	if err := mayUse(dir, unix.W_OK|unix.X_OK); err != nil {
		return fmt.Errorf("user %s can't create files in %s: %w (the directory must belong to the user that runs "+
			"the connector)", whoami(), dir, err)
	}
	if err := tryFiles(path); err != nil {
		return err
	}
	if err := errors.Join(checkSQLites(path), checkBeside(path, ".lock")); err != nil {
		return err
	}
	if err := refuseNewer(path); err != nil {
		return err
	}
	return whoHolds(path)
}

// tryFiles returns which files of a journal can't be written. Mostly another user
// has run the connector once.
func tryFiles(path string) error {
	var closed []string
	var cause error
	for _, file := range []string{path, path + "-wal", path + "-shm", path + ".lock"} {
		err := mayUse(file, unix.R_OK|unix.W_OK)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			closed, cause = append(closed, file), err
		}
	}
	if cause == nil {
		return nil
	}
	return fmt.Errorf("user %s can't write to %s: %w; if another user has run the connector once, stop it and "+
		"hand the files over: chown %s %s",
		whoami(), strings.Join(closed, ", "), cause, whoami(), strings.Join(closed, " "))
}

func mayUse(path string, rights uint32) error {
	return unix.Faccessat(unix.AT_FDCWD, path, rights, unix.AT_EACCESS)
}

// whoHolds returns an *InUseError if another process has the journal open. It
// looks for the lock of SQLite and takes none, so that a connector that starts at
// this moment is not refused. It must not be called by a process that has the
// journal open itself: closing a file drops the locks on it.
func whoHolds(path string) error {
	lock, found, err := lockAgainst(path, unix.Flock_t{Type: unix.F_RDLCK}) // of the whole file
	if errors.Is(err, fs.ErrNotExist) || err == nil && !found {
		return nil
	}
	if err != nil {
		return err
	}
	return &InUseError{Path: path, PID: int(lock.Pid)}
}
