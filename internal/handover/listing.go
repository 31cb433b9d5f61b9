package handover

import (
	"os"
	"path/filepath"
	"time"
)

const (
	// timeStep is more than the step in which any file system counts the time of
	// a directory. What happens within one step may not change it.
	timeStep = 2 * time.Second
	// oldestListing is the age at which a listing is read again in any case.
	oldestListing = 10 * time.Second
)

// listing is the list of a directory's segments. It is asked for before each
// pass, but a directory of segments changes only about once a minute. So its
// modification time is looked at, and the directory is read when that changed.
type listing struct {
	dir     string
	names   []Name    // oldest first
	sizes   []int64   // of the segments, when the directory was read
	odd     []string  // have the name of a segment, and are no regular files
	owner   uint32    // the directory's user
	changed time.Time // the directory's modification time
	read    time.Time // when it was read; zero: never
}

// refresh reads the directory again if a segment may have come or gone. It
// reports whether it did so.
func (l *listing) refresh() (again bool, err error) {
	info, err := os.Stat(l.dir)
	if err != nil {
		return false, err
	}
	now, changed := time.Now(), info.ModTime()
	if changed.Equal(l.changed) && l.read.Sub(changed) > timeStep && now.Sub(l.read) < oldestListing {
		return false, nil
	}
	names, odd, err := readDir(l.dir)
	if err != nil {
		return false, err
	}
	l.odd, l.owner = odd, ownerOf(info)
	l.names, l.changed, l.read = names, changed, now
	l.sizes = make([]int64, len(names))
	for i, name := range names {
		if info, err := os.Lstat(filepath.Join(l.dir, name.File)); err == nil {
			l.sizes[i] = info.Size()
		}
	}
	return true, nil
}
