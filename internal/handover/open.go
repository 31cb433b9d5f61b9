package handover

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// largestSegment is more than a module may write to one segment: segment_size is
// at most 1 GiB, and the record that reaches it may be 1 MiB long.
const largestSegment = 1<<30 + 2<<20

// errOdd refuses what no module writes.
var errOdd = errors.New("it is no segment of a module")

// openSegment opens a segment for reading. Those who can write to the directory
// must not be able to make us read another file, or wait for a pipe. So no link is
// followed, nothing is waited for, and what was opened is looked at: it has to be a
// regular file of one name, not larger than a segment can be, and of an owner from
// whom one is expected. A directory's owner is the supervisor's user; one of root
// or of our own does not say whose segments to expect.
func openSegment(path string, dirOwner uint32) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if errors.Is(err, syscall.ELOOP) {
		return nil, fmt.Errorf("%s: %w, but a symbolic link", path, errOdd)
	}
	if err != nil {
		return nil, err
	}
	if err := checkSegment(f, dirOwner); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

func checkSegment(f *os.File, dirOwner uint32) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	stat, known := info.Sys().(*syscall.Stat_t)
	self := uint32(os.Geteuid())
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%w, but of type %s", errOdd, info.Mode().Type())
	case !known:
		return nil
	case stat.Nlink > 1:
		return fmt.Errorf("%w: it has %d names (hard links)", errOdd, stat.Nlink)
	case info.Size() > largestSegment:
		return fmt.Errorf("%w: it has %d bytes, and a segment has 1 GiB at most", errOdd, info.Size())
	case dirOwner != 0 && dirOwner != self && stat.Uid != dirOwner && stat.Uid != 0 && stat.Uid != self:
		return fmt.Errorf("%w: it belongs to user %d, and the directory to user %d", errOdd, stat.Uid, dirOwner)
	}
	return nil
}

// ownerOf returns the user to whom a file belongs.
func ownerOf(info fs.FileInfo) uint32 {
	if stat, known := info.Sys().(*syscall.Stat_t); known {
		return stat.Uid
	}
	return 0
}

// opens opens a segment unless it is open, and reports whether it is then.
func (r *spoolReader) opens(s *segment) bool {
	if s.file != nil {
		return true
	}
	now := time.Now()
	if now.Before(s.again) {
		return false
	}
	if r.open >= r.most {
		r.shed()
	}
	path := r.path(s)
	f, err := openSegment(path, r.listing.owner)
	if supervision.IsShortOfFiles(err) && r.open > 0 {
		r.shed()
		f, err = openSegment(path, r.listing.owner)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false // deleted since
	case supervision.IsShortOfFiles(err):
		r.runsShort(path, err)
		return false
	case err != nil:
		s.again = now.Add(r.options.Poll)
		r.complain(s.File, "can't read a segment, trying again: those behind it go on", path, err)
		return false
	}
	s.again = time.Time{}
	r.settle(s.File, "the segment can be read now", path)
	s.file = f
	r.open++
	return true
}

// runsShort notes that a file could not be opened although nothing is wrong with
// it. The rest of the pass waits, so that the order is kept.
func (r *spoolReader) runsShort(path string, err error) {
	r.short = true
	r.complain("open files", "no more files can be opened: reading goes on with fewer", path, err)
}

func (r *spoolReader) shut(s *segment) {
	if s.file != nil {
		s.file.Close()
		s.file = nil
		r.open--
	}
}

// shed closes what is open. What was read is known by its place, and is opened
// again when it has grown.
func (r *spoolReader) shed() {
	for _, s := range r.segments {
		r.shut(s)
	}
}
