package follow

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"strconv"
	"syscall"
	"time"
)

// errNotRegular refuses what can't be followed by offset.
var errNotRegular = errors.New("not a regular file")

type fileID struct{ device, inode uint64 }

// file is an open regular file, and what was known of it when it was last
// looked at.
type file struct {
	*os.File
	path    string
	id      fileID
	size    int64
	modTime time.Time
	packed  *gunzip // nil: it is no archive that gzip has packed
	onDisk  int64   // its size as a file
}

// openRegular opens a file for reading. It looks before it opens, since opening
// a FIFO or a device is an act that its writer may notice.
func openRegular(path string) (*file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("looking at %s as user %s: %w", path, whoami(), err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("following %s: %w but %s", path, errNotRegular, kindOf(info.Mode()))
	}
	opened, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, fmt.Errorf("opening %s for reading as user %s: %w", path, whoami(), err)
	}
	f := &file{File: opened, path: path}
	if err := f.look(); err != nil {
		opened.Close()
		return nil, err
	}
	return f, nil
}

// openArchive opens a file that may be packed by gzip. Its size and offsets are
// those of the text then.
func openArchive(path string) (*file, error) {
	f, err := openRegular(path)
	if err != nil || !isPacked(f, gzipMagic) {
		return f, err
	}
	if f.packed, err = newGunzip(f.File); err != nil {
		f.Close()
		return nil, fmt.Errorf("unpacking %s: %w", path, err)
	}
	f.size = f.packed.size
	return f, nil
}

// ReadAt reads the text of the file.
func (f *file) ReadAt(b []byte, offset int64) (int, error) {
	if f.packed != nil {
		return f.packed.ReadAt(b, offset)
	}
	return f.File.ReadAt(b, offset)
}

// length returns how long the text is now.
func (f *file) length() (int64, error) {
	if f.packed != nil {
		return f.packed.size, nil
	}
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	return info.Size(), nil
}

// isDeleted reports whether the file has no name any more.
func (f *file) isDeleted() bool {
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	return known && stat.Nlink == 0
}

// look brings size and modification time up to date.
func (f *file) look() error {
	info, err := f.Stat()
	if err != nil {
		return fmt.Errorf("looking at open file %s: %w", f.path, err)
	}
	if !info.Mode().IsRegular() {
		return fmt.Errorf("following %s: %w but %s", f.path, errNotRegular, kindOf(info.Mode()))
	}
	grown := f.onDisk != info.Size()
	f.id, f.onDisk, f.modTime = identify(info), info.Size(), info.ModTime()
	if f.packed == nil {
		f.size = f.onDisk
		return nil
	}
	if grown { // it is being packed just now
		if err := f.packed.measure(); err != nil {
			return fmt.Errorf("unpacking %s: %w", f.path, err)
		}
		f.size = f.packed.size
	}
	return nil
}

func identify(info fs.FileInfo) fileID {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileID{}
	}
	return fileID{stat.Dev, stat.Ino}
}

// changeTime is when the file was last written, renamed or linked.
func changeTime(info fs.FileInfo) time.Time {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return time.Time{}
	}
	return time.Unix(stat.Ctim.Unix())
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeNamedPipe != 0:
		return "a FIFO"
	case mode&fs.ModeSocket != 0:
		return "a socket"
	case mode&fs.ModeDevice != 0:
		return "a device"
	}
	return mode.String()
}

// whoami names the user whose permissions count.
func whoami() string {
	if u, err := user.LookupId(strconv.Itoa(os.Geteuid())); err == nil {
		return u.Username
	}
	return strconv.Itoa(os.Geteuid())
}
