// Package access finds out whether this process may use a file, which directory
// or file on the way denies it, and what helps.
//
// The kernel decides, so that access lists and read-only file systems count. Only
// the advice is concluded from modes and owners.
package access

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"
)

// Rights are what is wanted of a file or directory, as bits.
type Rights uint32

// The rights. In a directory, Read is to list and to watch it, Enter to use what
// is in it, and Write to create, rename and delete in it.
const (
	Read  Rights = unix.R_OK
	Write Rights = unix.W_OK
	Enter Rights = unix.X_OK
)

// Check returns why this process lacks rights for a path, nil if it has them. The
// error wraps that of the system, such as fs.ErrNotExist or fs.ErrPermission, and
// does not repeat the path.
func Check(path string, rights Rights) error {
	if err := unix.Faccessat(unix.AT_FDCWD, path, uint32(rights), unix.AT_EACCESS); err != nil {
		return Explain(path, err, rights, nil)
	}
	return nil
}

// Remedy is what lets this process use a file that denies it.
type Remedy func(path string, of Owner) string

// Explain adds to an error with a file which user tried. If access was denied, it
// adds which directory or file denied it, and what helps: remedy for a file that
// its group may not use either; nil: an access list.
func Explain(path string, err error, rights Rights, remedy Remedy) error {
	var cause *fs.PathError
	if errors.As(err, &cause) {
		err = cause.Err
	}
	who := Who()
	if !errors.Is(err, fs.ErrPermission) {
		return fmt.Errorf("%w (running as %s)", err, who)
	}
	obstacle, info := findObstacle(path)
	if info == nil {
		return fmt.Errorf("%w for %s", err, who)
	}
	if obstacle != filepath.Clean(path) {
		rights = Enter
	}
	return fmt.Errorf("%w for %s: %s", err, who, advice(obstacle, info, rights, who, remedy))
}

// findObstacle returns the first directory of a path that can't be entered, or
// the file itself.
func findObstacle(path string) (string, fs.FileInfo) {
	var parts []string
	for p := filepath.Clean(path); ; p = filepath.Dir(p) {
		parts = append([]string{p}, parts...)
		if p == filepath.Dir(p) {
			break
		}
	}
	at, info := "", fs.FileInfo(nil)
	for _, part := range parts {
		next, err := os.Stat(part)
		if err != nil {
			break
		}
		at, info = part, next
	}
	return at, info
}

// advice describes who has access to an obstacle, and how a user gets it.
func advice(obstacle string, info fs.FileInfo, rights Rights, who Identity, remedy Remedy) string {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return obstacle + " can't be entered"
	}
	of := ownerOf(stat, who)
	needed := fs.FileMode(rights) << 3 // as the bits of the group
	about := fmt.Sprintf("%s is %v %s:%s", obstacle, info.Mode(), of.User, of.Group)
	switch {
	case info.Mode()&needed == needed && of.GID != 0:
		return fmt.Sprintf("%s; add the user to group %q (usermod -a -G %s %s) and restart",
			about, of.Group, of.Group, who.Name)
	case remedy != nil && !info.IsDir():
		return about + "; " + remedy(obstacle, of)
	}
	list := "rX"
	if rights&Write != 0 {
		list = "rwX"
	}
	return fmt.Sprintf("%s; give access with an ACL (setfacl -m u:%s:%s %s)", about, who.Name, list, obstacle)
}
