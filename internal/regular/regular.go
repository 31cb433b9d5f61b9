// Package regular opens files whose path somebody else wrote down, or in whose
// place anybody may have put something else. What stands there may be a pipe that
// nobody writes to, or a device without an end.
package regular

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// ErrKind is the cause of an error about a pipe, a device, a socket or a
// directory.
var ErrKind = errors.New("is not a regular file")

// ErrTooLarge is the cause of an error about a file that exceeds its bound.
var ErrTooLarge = errors.New("larger")

// Open opens a file to be read, as OpenFile does.
func Open(path string) (*os.File, error) { return OpenFile(path, os.O_RDONLY, 0) }

// OpenFile is os.OpenFile, but it waits for nobody, and opens regular files only, or
// links to them. The error is an *fs.PathError.
func OpenFile(path string, flags int, perm fs.FileMode) (*os.File, error) {
	// To open a device may do something. So look first, and again at what was
	// opened, which may be another file by then.
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return nil, refused(path, info)
	}
	f, err := os.OpenFile(path, flags|syscall.O_NONBLOCK, perm)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = refused(path, info)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

func refused(path string, info fs.FileInfo) error {
	kind := "a device"
	switch mode := info.Mode(); {
	case mode.IsDir():
		kind = "a directory"
	case mode&fs.ModeNamedPipe != 0:
		kind = "a pipe"
	case mode&fs.ModeSocket != 0:
		kind = "a socket"
	}
	return &fs.PathError{Op: "open", Path: path, Err: fmt.Errorf("is %s: it %w", kind, ErrKind)}
}

// Read returns the content of a file of at most limit bytes; a larger one is an
// error.
func Read(path string, limit int64) ([]byte, error) {
	f, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	content, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(content)) > limit {
		err = &fs.PathError{Op: "read", Path: path, Err: fmt.Errorf("%w than %d bytes", ErrTooLarge, limit)}
	}
	if err != nil {
		return nil, err
	}
	return content, nil
}
