package rehearsal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/nagios2canopsis/nagios2canopsis/internal/access"
	"github.com/nagios2canopsis/nagios2canopsis/internal/config"
	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
)

// CanBegin returns why a run could not begin, or should not, because of the journal.
// The error names the files that deny it.
func CanBegin(c *config.Loaded) error {
	if err := RefuseRoot(c); err != nil {
		return err
	}
	err := journal.Try(c.Journal.Path)
	if used := (*journal.InUseError)(nil); err == nil || errors.As(err, &used) {
		return nil // the run itself finds out what is true by then
	}
	return c.Fault("journal.path", err.Error())
}

// OwnerOf returns the user to whom the directory of the journal belongs: the user
// that is to run the connector. It is unknown if there is no such directory.
func OwnerOf(c *config.Loaded) (uid int, known bool) { return ownerOf(filepath.Dir(c.Journal.Path)) }

// RefuseRoot returns why root must not run the connector: it would create files
// that the user to whom the directory belongs can't open later, and that user
// could lead it to any file of the machine by a link.
func RefuseRoot(c *config.Loaded) error {
	if os.Geteuid() != 0 {
		return nil
	}
	for _, file := range []struct{ key, path string }{
		{"journal.path", c.Journal.Path}, {"quarantine.path", c.Quarantine.Path},
	} {
		dir := nearest(filepath.Dir(file.path))
		uid, known := ownerOf(dir)
		if !known || uid == 0 {
			continue
		}
		name := access.UserName(uid)
		return c.Fault(file.key, fmt.Sprintf("%s belongs to user %s, and this is root: root would create files there "+
			"that user %s can't open later. Run it as that user (systemd: User=%s; by hand: runuser -u %s -- "+
			"nagios2canopsis …), or, if root is to run it always, chown root %s", dir, name, name, name, name, dir))
	}
	return nil
}

func ownerOf(dir string) (uid int, known bool) {
	info, err := os.Stat(dir)
	if err != nil {
		return 0, false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// nearest returns a directory, or the nearest one above it that exists.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) || dir == filepath.Dir(dir) {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
