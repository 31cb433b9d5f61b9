package journal

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"

	"github.com/nagios2canopsis/nagios2canopsis/internal/regular"
	"golang.org/x/sys/unix"
)

// reserve is disk space that is kept for the day when the disk is full: a file
// without content, removed then so that releasing events (which writes before it
// frees anything) still works.
type reserve struct {
	path string
	size int64
}

func reserveOf(journal string, size int64) reserve {
	return reserve{path: journal + ".reserve", size: size}
}

func (r reserve) present() bool {
	info, err := os.Stat(r.path)
	return err == nil && info.Size() == r.size
}

// drop frees the space.
func (r reserve) drop() error {
	if err := os.Remove(r.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// needs returns how many bytes must be free to make the file.
func (r reserve) needs() int64 { return r.size + r.size/2 }

// restore makes the file if it isn't there. It needs half of the size more than
// it keeps, so that writing doesn't start again without room.
func (r reserve) restore() error {
	if r.present() {
		return nil
	}
	f, err := regular.OpenFile(r.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, fileMode)
	if err != nil {
		return err
	}
	err = allocate(f, r.needs())
	if err == nil {
		err = f.Truncate(r.size)
	}
	err = errors.Join(err, f.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("reserving %d bytes: %w", r.size, err), r.drop())
	}
	return nil
}

// allocate reserves real blocks. Where the file system can't do that by itself,
// bytes are written that no compression makes smaller.
func allocate(f *os.File, size int64) error {
	var err error = unix.EINTR
	for err == unix.EINTR {
		err = unix.Fallocate(int(f.Fd()), 0, 0, size)
	}
	if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS) {
		_, err = io.CopyN(f, rand.NewChaCha8([32]byte{}), size)
		if err == nil {
			err = f.Sync()
		}
	}
	return err
}
