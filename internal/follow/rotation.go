package follow

import (
	"errors"
	"io/fs"
	"os"
	"slices"
	"time"
)

// look checks what stands at the path and whether the current file is the one
// that was read. It reports whether something changed so that there is more to
// read.
func (s *stream) look() (changed bool, err error) {
	if s.current != nil {
		err := s.current.look()
		if errors.Is(err, errChanged) {
			return true, s.rewritten()
		}
		if err != nil {
			return false, err
		}
		s.moveSince()
	}
	if err := s.discover(); err != nil {
		return false, err
	}
	return s.finish()
}

// discover finds files that came after the newest one known.
func (s *stream) discover() error {
	if len(s.later) >= openAhead {
		return nil
	}
	if s.awaited != nil {
		return s.resume(*s.awaited)
	}
	newest := s.newest()
	info, err := os.Stat(s.Path)
	if err == nil && newest != nil && newest.id == identify(info) {
		s.blocked = nil
		return nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		s.blocked = nil
		return nil
	}
	c, err := s.successors(s.openFiles(), s.since, s.finished)
	if err != nil {
		return s.postpone(err)
	}
	s.blocked = nil
	s.notice(c.notices...)
	s.keep(c)
	for _, f := range c.files {
		s.Logger.Info("following a new file", "path", f.path, "inode", f.id.inode)
	}
	s.later = append(s.later, c.files...)
	if s.current == nil && len(s.later) > 0 {
		return s.next()
	}
	return nil
}

// postpone holds an error back while an older file may still be written.
func (s *stream) postpone(err error) error {
	if s.blocked == nil {
		s.blockedSince = time.Now()
	}
	s.blocked = err
	if s.current != nil && time.Since(s.blockedSince) < s.Grace {
		return nil
	}
	if end, _ := s.atEnd(); !end {
		return nil
	}
	return err
}

// finish gives the current file up when it was replaced, read to its end, and
// quiet for long enough.
func (s *stream) finish() (bool, error) {
	i := s.current
	if i == nil {
		return false, nil
	}
	if !s.laterHasContent() {
		return s.letGo()
	}
	if i.replaced.IsZero() {
		i.replaced = time.Now()
	}
	if !i.quiet(s.Grace) {
		return false, nil
	}
	if ended, err := s.finishRead(i); err != nil || !ended {
		return false, err
	}
	return true, s.next()
}

// finishRead reports whether the current file has been read to its end, and
// remembers then that it was.
func (s *stream) finishRead(i *incarnation) (bool, error) {
	end, err := s.atEnd()
	if err != nil || !end || s.current != i {
		return false, err
	}
	s.notice(i.unfinished(s.MaxLine)...)
	s.finished = remember(s.finished, i.endMark())
	return true, nil
}

// letGo closes a current file that was deleted, and to which nobody has written for
// long. Until then its writer may have it open.
func (s *stream) letGo() (bool, error) {
	i := s.current
	if s.LetGo <= 0 || len(s.later) > 0 || time.Since(i.grew) < s.LetGo || !i.isDeleted() {
		return false, nil
	}
	if ended, err := s.finishRead(i); err != nil || !ended {
		return false, err
	}
	s.close()
	return true, nil
}

// rewritten deals with a current file that is not what was read any more. What
// was in it may be found in a copy.
func (s *stream) rewritten() error {
	position := Position{Mark: s.current.mark(), ModTime: s.since, Finished: s.finished}
	truncated := Notice{Kind: Truncated, File: s.current.path, Offset: position.Offset}
	if len(s.later) > 0 {
		s.notice(truncated)
		return s.next()
	}
	s.close()
	c, err := s.locate(position)
	if err != nil {
		return err
	}
	truncated.Detail = c.beginning()
	s.notice(truncated)
	return s.start(c)
}

// notice keeps notices for the next chunk, and logs them.
func (s *stream) notice(notices ...Notice) {
	for _, n := range notices {
		if n.Kind == Skipped {
			if s.named[n.File] == n.Detail {
				continue
			}
			if s.named == nil {
				s.named = map[string]string{}
			}
			s.named[n.File] = n.Detail
		}
		s.notices = append(s.notices, n)
		s.Logger.Warn("following a file", "notice", n.String())
	}
}

// next closes the current file and goes on with the one after it.
func (s *stream) next() error {
	if s.current != nil {
		s.current.Close()
	}
	f := s.later[0]
	s.later = s.later[1:]
	return s.take(f, s.readBefore(f))
}

// readBefore returns how far a file was read that was left and has come back under
// its path: 0 for any other.
func (s *stream) readBefore(f *file) int64 {
	for _, m := range slices.Backward(s.finished) {
		if m.in(f, f.size) && (f.id == m.id() || m.HeadLen >= tailSize) {
			return m.Offset
		}
	}
	return 0
}

func (s *stream) laterHasContent() bool {
	for _, f := range s.later {
		if f.size == 0 {
			// The error of a file that can't be looked at is returned when it is
			// its turn.
			_ = f.look()
		}
		if f.size > 0 {
			return true
		}
	}
	return false
}

// newest is the last file of the stream that is known, nil if there is none.
func (s *stream) newest() *file {
	files := s.openFiles()
	if len(files) == 0 {
		return nil
	}
	return files[len(files)-1]
}

// openFiles are all files that are held open, oldest first.
func (s *stream) openFiles() []*file {
	if s.current == nil {
		return s.later
	}
	return append([]*file{s.current.file}, s.later...)
}

func (s *stream) close() {
	for _, f := range s.later {
		f.Close()
	}
	if s.current != nil {
		s.current.Close()
	}
	s.current, s.later = nil, nil
}
