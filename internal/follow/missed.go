package follow

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"
)

const (
	// missedKept bounds how many archives are tried again.
	missedKept = 16
	// missedFor is how long an archive is tried again.
	missedFor = 24 * time.Hour
	// An archive is tried again after so many Options.Poll, then after twice as many,
	// and so on, up to the most: with the default after a second, and each minute.
	firstRetry = 4
	mostRetry  = 240
)

// Missed is an archive that could not be read in its turn. The files after it do
// not wait for it.
type Missed struct {
	Path   string    `json:"path"`
	Device uint64    `json:"device,omitempty"` // of the link, if it is one
	Inode  uint64    `json:"inode,omitempty"`
	At     time.Time `json:"at"` // when it was missed
	// Since, First and Last are the place behind which it comes, Until the time of
	// the first line of the live file then; zero: not known.
	Since time.Time `json:"since"`
	First time.Time `json:"first"`
	Last  time.Time `json:"last"`
	Until time.Time `json:"until"`
	// Read is how far it has been read.
	Read Mark `json:"read"`
}

func (m Missed) id() fileID { return fileID{m.Device, m.Inode} }

// miss makes an archive that can't be read one to be tried again.
func miss(path string, p frontier) Missed {
	m := Missed{Path: path, At: time.Now(), Since: p.since, First: p.first, Last: p.last}
	if info, err := os.Lstat(path); err == nil {
		id := identify(info)
		m.Device, m.Inode = id.device, id.inode
	}
	return m
}

// keep remembers archives that could not be read, with the live file of that time.
func (s *stream) keep(c chain) {
	var until time.Time
	if len(c.missed) > 0 && len(c.files) > 0 {
		until = s.frontierOf(c.files[len(c.files)-1], time.Time{}).first
	}
	for _, m := range c.missed {
		known := func(k Missed) bool { return k.Path == m.Path || k.Inode != 0 && k.id() == m.id() }
		if slices.ContainsFunc(s.missed, known) {
			continue
		}
		m.Until = until
		s.missed = append(slices.Clone(s.missed), m)
		s.retry, s.retryAt = firstRetry*s.Poll, time.Now().Add(firstRetry*s.Poll)
	}
	for len(s.missed) > missedKept {
		s.giveUp(0, "more archives than are tried again can't be read")
	}
}

// giveUp forgets a missed archive.
func (s *stream) giveUp(i int, why string) {
	if why != "" {
		s.notice(Notice{Kind: Skipped, File: s.missed[i].Path, Offset: s.missed[i].Read.Offset, Detail: why})
	}
	s.missed = slices.Delete(slices.Clone(s.missed), i, i+1)
}

// readMissed tries the missed archives again, when that is due, and delivers what it
// finds. It is called at the end of the stream: what is new goes first.
func (s *stream) readMissed(ctx context.Context) error {
	if len(s.missed) == 0 || time.Now().Before(s.retryAt) {
		return nil
	}
	s.retry = min(max(2*s.retry, firstRetry*s.Poll), mostRetry*s.Poll)
	s.retryAt = time.Now().Add(s.retry)
	for i := 0; i < len(s.missed) && ctx.Err() == nil; {
		m := s.missed[i]
		f, err := s.reopen(m)
		switch {
		case err == nil && f == nil:
			s.giveUp(i, "") // it is none of the stream, or was read under another name
		case err == nil:
			if err := s.readLate(ctx, f, i); err != nil {
				return err
			}
		case time.Since(m.At) > missedFor:
			s.giveUp(i, fmt.Sprintf("it could not be read for %s, and is not tried again: %v", missedFor, err))
		default:
			i++
		}
	}
	return nil
}

// reopen opens a missed archive. Nil means that nothing of it is to be read.
func (s *stream) reopen(m Missed) (*file, error) {
	path, err := s.find(m)
	if err != nil {
		return nil, err
	}
	f, err := openArchive(path)
	if err != nil {
		return nil, err
	}
	if m.Read.HeadLen > 0 {
		if !m.Read.in(f, f.size) {
			f.Close()
			return nil, nil
		}
		return f, nil
	}
	begins := s.frontierOf(f, f.modTime).first
	p := frontier{since: m.Since, first: m.First, last: m.Last}
	switch {
	case !m.Until.IsZero() && begins.After(m.Until), p.precededBy(begins, f.modTime),
		isFinished(f, s.finished), isCopyOfAny(f, s.openFiles()):
		f.Close()
		return nil, nil
	}
	return f, nil
}

// find returns the present path of a missed archive: rotation may have moved it.
func (s *stream) find(m Missed) (string, error) {
	isIt := func(path string) bool {
		info, err := os.Lstat(path)
		return err == nil && identify(info) == m.id()
	}
	if isIt(m.Path) {
		return m.Path, nil
	}
	paths, err := s.Archives()
	if err != nil {
		return "", fmt.Errorf("listing the archives of %s: %w", s.Path, err)
	}
	if i := slices.IndexFunc(paths, isIt); i >= 0 {
		return paths[i], nil
	}
	return m.Path, nil
}

// readLate delivers the lines of a missed archive. The place in the stream does not
// change meanwhile: the archive has one of its own.
func (s *stream) readLate(ctx context.Context, f *file, i int) error {
	defer f.Close()
	late := &incarnation{file: f, foundRotated: true}
	if err := late.extendHead(); err != nil {
		return err
	}
	d, err := newDirect(f, s.missed[i].Read.Offset, s.Options)
	if err != nil {
		return err
	}
	late.engine = d
	s.Logger.Info("reading an archive that could not be read before", "path", f.path)
	for more := true; more && ctx.Err() == nil; {
		c := Chunk{Late: true, File: f.path, FileID: late.lineID, Size: f.size}
		if more, err = d.read(&c); errors.Is(err, errChanged) {
			more, err = false, nil // whoever writes to it is not done: it is looked at again
		}
		if err != nil {
			return err
		}
		s.missed = slices.Clone(s.missed)
		s.missed[i].Read = late.mark()
		c.Offset = late.mark().Offset
		if !more && ctx.Err() == nil {
			s.notice(late.unfinished(s.MaxLine)...)
			s.finished = remember(s.finished, late.endMark())
			s.giveUp(i, "")
		}
		c.Position = s.position()
		if err := s.hand(ctx, c); err != nil {
			return err
		}
	}
	return nil
}
