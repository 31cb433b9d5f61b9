package perfdata

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	// maxOpen bounds the files that are held open ahead of the reader.
	maxOpen = 256
	// maxRemembered bounds the files in the directory that are remembered one by
	// one as read.
	maxRemembered = 4096
	// settling is how long a file that was not moved in must be unchanged.
	settling = time.Second
)

// fileState is what was done with a file of the directory.
type fileState uint8

const (
	queued   fileState = iota // waits for the reader, or is being read
	finished                  // read; not yet durable
	stored                    // durable
)

// spoolFile is a file that was opened as soon as it was seen, so that it can still
// be read after its name was removed.
type spoolFile struct {
	id   fileID
	file *os.File
	size int64
}

// shelf keeps the files of the directory in the order in which they have to be
// read. One goroutine fills it and another one takes from it, so that files are
// held open in time even while emit blocks.
type shelf struct {
	options SpoolOptions
	resume  fileID
	most    int // files that are held open ahead
	// scanned has a token after each scan, room one when the reader made some.
	scanned, room chan struct{}

	mu        sync.Mutex
	files     map[fileID]*shelved
	queue     []*spoolFile
	more      bool      // files are waiting for room in the queue
	dir       uint64    // inode of the directory that the files known as read are in; 0: not known
	same      bool      // the directory is that one
	otherDir  time.Time // since when there is another one with files that were read
	quiet     time.Time // the last look at which nothing was left outside the queue
	forgotten int64
	logged    map[string]bool // kinds of trouble that were there at the last scan
	troubles  map[string]bool // kinds of trouble since then
}

// shelved is what is known of one file.
type shelved struct {
	state   fileState
	changed int64 // of the inode, nanoseconds since 1970
}

func newShelf(options SpoolOptions, p spoolPosition) *shelf {
	s := &shelf{
		options:   options,
		resume:    p.Reading,
		most:      supervision.OpenFiles(maxOpen),
		dir:       p.Dir,
		scanned:   make(chan struct{}, 1),
		room:      make(chan struct{}, 1),
		files:     make(map[fileID]*shelved),
		forgotten: p.Forgotten,
		logged:    make(map[string]bool),
		troubles:  make(map[string]bool),
	}
	for _, id := range p.Done {
		s.files[id] = &shelved{state: stored}
	}
	return s
}

func (s *shelf) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range s.queue {
		f.file.Close()
	}
	s.queue = nil
}

// watch scans whenever there may be something new, until the context ends.
func (s *shelf) watch(ctx context.Context, arrived <-chan struct{}) error {
	for {
		again, err := s.scan()
		switch {
		case errors.Is(err, fs.ErrNotExist), supervision.IsShortOfFiles(err):
			s.pass(err)
			again = s.options.Poll
		case err != nil:
			return err
		}
		timer := time.NewTimer(again)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.room:
		case <-arrived:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// pass notes that the directory can't be read just now, because it is away or too
// many files are open. What was taken from it is read meanwhile.
func (s *shelf) pass(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trouble("directory", "the perfdata spool can't be read just now, trying again", s.options.Dir, err)
	s.logged = s.troubles
	s.troubles = make(map[string]bool)
}

// candidate is a file that has not been read.
type candidate struct {
	id       fileID
	path     string
	modified time.Time
	changed  int64
	size     int64
}

// scan looks at the whole directory, opens new files, and returns how soon to
// look again.
func (s *shelf) scan() (again time.Duration, err error) {
	looked := time.Now()
	dir, err := os.Stat(s.options.Dir)
	if err != nil {
		return 0, err
	}
	entries, err := os.ReadDir(s.options.Dir)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	present := make(map[fileID]bool, len(entries))
	unsettled := false
	var fresh []candidate
	for _, entry := range entries {
		info := s.lstat(entry)
		if info == nil {
			continue
		}
		id := identify(info)
		present[id] = true
		c := candidate{id, filepath.Join(s.options.Dir, entry.Name()), info.ModTime(), changeTime(info), info.Size()}
		switch known := s.files[id]; {
		case known != nil:
			known.changed = c.changed
			if known.state == stored {
				s.disposeLocked(c.path, id)
			}
		case c.changed <= s.forgotten:
			s.disposeLocked(c.path, id)
		case !settled(info, looked):
			unsettled = true
		default:
			fresh = append(fresh, c)
		}
	}
	if s.same = s.isSame(dir, present, looked); s.same {
		s.forgetAbsent(present)
	}
	s.enqueue(fresh)
	if !s.more && !unsettled {
		s.quiet = looked
		s.forgetCrowd()
	}
	s.logRecovery()
	signal(s.scanned)
	if unsettled {
		return min(s.options.Poll, settling/4), nil
	}
	return s.options.Poll, nil
}

// lstat returns nil for what is not a file to read.
func (s *shelf) lstat(entry fs.DirEntry) fs.FileInfo {
	name := entry.Name()
	if ours, err := filepath.Match(s.options.Pattern, name); !ours || err != nil || strings.HasPrefix(name, ".") {
		return nil
	}
	info, err := entry.Info() // lstat; the file may be gone
	if err != nil || info.IsDir() {
		return nil
	}
	if !info.Mode().IsRegular() {
		s.troubleOf("odd files", "not reading what is no regular file", name, errors.New(info.Mode().Type().String()))
		return nil
	}
	return info
}

// settled reports whether a file is complete. One that was moved in is: a rename
// changes the inode, but not the time of the last write. Any other file counts
// as complete when it has not been written to for a while.
func settled(info fs.FileInfo, now time.Time) bool {
	return changeTime(info) > info.ModTime().UnixNano() || now.Sub(info.ModTime()).Abs() >= settling
}

func changeTime(info fs.FileInfo) int64 {
	return time.Unix(info.Sys().(*syscall.Stat_t).Ctim.Unix()).UnixNano()
}

// enqueue opens new files in order: first the one that an earlier run did not
// finish, then by time of the last write, then by name.
func (s *shelf) enqueue(fresh []candidate) {
	slices.SortFunc(fresh, func(a, b candidate) int {
		if (a.id == s.resume) != (b.id == s.resume) {
			if a.id == s.resume {
				return -1
			}
			return 1
		}
		return cmp.Or(a.modified.Compare(b.modified), strings.Compare(a.path, b.path))
	})
	s.more = false
	for _, c := range fresh {
		if len(s.queue) >= s.most {
			s.more = true
			return
		}
		if s.files[c.id] != nil {
			continue // another name of the same file
		}
		file, err := os.OpenFile(c.path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
		if supervision.IsShortOfFiles(err) {
			s.trouble("open files", "no more files can be opened: reading goes on with fewer", c.path, err)
			s.more = true // those behind it wait too, so that the order is kept
			return
		}
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				s.troubleOf("opening", "can't read a spool file, trying again", c.path, err)
			}
			continue
		}
		if info, err := file.Stat(); err != nil || identify(info) != c.id {
			file.Close() // replaced or written to meanwhile: the next look sees what it is now
			s.more = true
			continue
		}
		s.files[c.id] = &shelved{state: queued, changed: c.changed}
		s.queue = append(s.queue, &spoolFile{id: c.id, file: file, size: c.size})
	}
}

// keptFor is how long what is known of a directory's files is kept when there is
// another directory in its place, one on which it may have to be mounted.
const keptFor = 24 * time.Hour

// isSame reports whether a directory is the one in which the files that are known
// as read were. Then those that are not there are gone.
func (s *shelf) isSame(dir fs.FileInfo, present map[fileID]bool, now time.Time) bool {
	inode := dir.Sys().(*syscall.Stat_t).Ino
	if s.dir == inode || s.dir == 0 {
		s.dir, s.otherDir = inode, time.Time{}
		return true
	}
	known := false
	for id := range present {
		known = known || s.files[id] != nil
	}
	switch {
	case !known:
		s.otherDir = time.Time{}
	case s.otherDir.IsZero():
		s.otherDir = now
	case now.Sub(s.otherDir) > keptFor:
		s.dir, s.otherDir = inode, time.Time{}
		return true
	}
	return false
}

// forgetAbsent drops what is known of read files that are gone.
func (s *shelf) forgetAbsent(present map[fileID]bool) {
	for id, f := range s.files {
		if f.state == stored && !present[id] {
			delete(s.files, id)
		}
	}
}

// forgetCrowd keeps the memory bounded where nobody removes files. The older half
// of those that were read is from then on recognised by its age alone: all new
// files are younger, because a rename renews the inode's time.
func (s *shelf) forgetCrowd() {
	if len(s.files) <= maxRemembered {
		return
	}
	var ages []int64
	oldestUnread := int64(1<<63 - 1)
	for _, f := range s.files {
		if f.state == stored {
			ages = append(ages, f.changed)
		} else {
			oldestUnread = min(oldestUnread, f.changed)
		}
	}
	if len(ages) == 0 {
		return
	}
	slices.Sort(ages)
	limit := min(ages[len(ages)/2], oldestUnread-1)
	for id, f := range s.files {
		if f.state == stored && f.changed <= limit {
			delete(s.files, id)
		}
	}
	s.forgotten = max(s.forgotten, limit)
	s.trouble("size", "nobody removes the files of the perfdata spool, so it grows",
		s.options.Dir, fmt.Errorf("%d files", len(s.files)+len(ages)))
}

// take returns the next file. If there is none, it returns the time of the last
// look after which all files were taken.
func (s *shelf) take() (*spoolFile, time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return nil, s.quiet
	}
	f := s.queue[0]
	s.queue = slices.Delete(s.queue, 0, 1)
	if s.more && len(s.queue) <= s.most/2 {
		signal(s.room)
	}
	return f, time.Time{}
}

// grown changes the id of a file that was written to while it was read. If the
// scan has queued it under the new id too, it is taken out of the queue.
func (s *shelf) grown(from, to fileID) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.files, from)
	s.queue = slices.DeleteFunc(s.queue, func(f *spoolFile) bool {
		if f.id != to {
			return false
		}
		f.file.Close()
		return true
	})
}

// lacks reports whether a file is gone, and whether that is known.
func (s *shelf) lacks(id fileID) (gone, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	gone, known = s.files[id] == nil, s.same || s.files[id] != nil
	for _, f := range s.files {
		known = known || f.state == queued // there are others
	}
	return gone && known, known
}

func (s *shelf) setState(id fileID, state fileState) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.files[id]
	if f == nil {
		f = &shelved{}
		s.files[id] = f
	}
	f.state = state
}

// done lists what the position has to remember.
func (s *shelf) done() (ids fileIDs, forgotten int64, dir uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for id, f := range s.files {
		if f.state != queued {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, s.forgotten, s.dir
}

// signal leaves one token.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
