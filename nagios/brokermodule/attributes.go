package brokermodule

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// accessList is the extended attribute that holds a file's ACL.
const accessList = "system.posix_acl_access"

// copyAttributes sets the owner, mode and access list of a new file to those of
// another, so that the same users can read it: the supervisor, and often the
// connector.
func copyAttributes(f *os.File, like fs.FileInfo, likePath string) error {
	wanted, ok := like.Sys().(*syscall.Stat_t)
	if !ok {
		return fmt.Errorf("%s has no owner to copy", likePath)
	}
	info, err := f.Stat()
	if err != nil {
		return err
	}
	have, ok := info.Sys().(*syscall.Stat_t)
	if !ok || have.Uid != wanted.Uid || have.Gid != wanted.Gid {
		if err := f.Chown(int(wanted.Uid), int(wanted.Gid)); err != nil {
			return fmt.Errorf("setting the owner of %s: %w", likePath, err)
		}
	}
	if err := f.Chmod(like.Mode() & (fs.ModePerm | fs.ModeSetuid | fs.ModeSetgid | fs.ModeSticky)); err != nil {
		return err
	}
	list := make([]byte, 64<<10) // the most that Linux keeps
	n, err := syscall.Getxattr(likePath, accessList, list)
	if err != nil {
		return nil // there is none, or the file system has none
	}
	if err := syscall.Setxattr(f.Name(), accessList, list[:n], 0); err != nil {
		return fmt.Errorf("setting the access list of %s: %w", likePath, err)
	}
	return nil
}
