package brokermodule

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/nagios2canopsis/nagios2canopsis/internal/account"
)

// MakeSpool creates the spool directory for the supervisor's user and group, if
// it does not exist. The group may write, so that a connector that belongs to it
// can delete what it has read. The error has the command to create it by hand.
func MakeSpool(dir string, core account.Account) (made bool, err error) {
	switch err := CheckSpool(dir); {
	case err == nil:
		return false, nil
	case !errors.Is(err, fs.ErrNotExist):
		return false, err
	}
	byHand := func(err error) error {
		return fmt.Errorf("%w (by hand, as root: install -d -m 2770 -o %s -g %s %s)", err, core.Name, core.Group(), dir)
	}
	if err := os.MkdirAll(filepath.Dir(dir), 0o755); err != nil {
		return false, byHand(fmt.Errorf("creating the spool directory: %w", err))
	}
	if err := os.Mkdir(dir, 0o700); err != nil {
		return false, byHand(fmt.Errorf("creating the spool directory: %w", err))
	}
	if err := handOver(dir, int(core.UID), int(core.GID)); err != nil {
		return false, errors.Join(
			byHand(fmt.Errorf("setting the spool directory's owner %s: %w", core.Name, err)),
			os.Remove(dir))
	}
	return true, nil
}

// CheckSpool returns why the module would refuse a directory.
func CheckSpool(dir string) error {
	info, err := os.Lstat(dir)
	switch {
	case err != nil:
		return fmt.Errorf("the spool directory: %w", err)
	case info.Mode()&fs.ModeSymlink != 0:
		return fmt.Errorf("the spool directory: %s is a link, and the module does not follow links "+
			"(name the directory itself)", dir)
	case !info.IsDir():
		return fmt.Errorf("the spool directory: %s is not a directory", dir)
	case info.Mode()&0o002 != 0:
		return fmt.Errorf("the spool directory: everybody may write to %s, so the module refuses it "+
			"(chmod o-w %s)", dir, dir)
	}
	return nil
}

// handOver sets owner and mode of the directory that was just created, and of
// nothing that has replaced it since.
func handOver(dir string, uid, gid int) error {
	d, err := os.OpenFile(dir, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_DIRECTORY, 0)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Chown(uid, gid); err != nil {
		return err
	}
	return d.Chmod(0o770 | fs.ModeSetgid)
}
