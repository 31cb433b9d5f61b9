package follow

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"
)

// stream is one Run of a Follower.
type stream struct {
	Options
	deliver Deliver
	written <-chan struct{} // a hint that the file may have changed
	asked   <-chan struct{} // to look at once

	current  *incarnation // nil while there is no file
	later    []*file      // the files after it, oldest first
	finished []Mark
	since    time.Time // the stream has nothing of interest that is older
	notices  []Notice  // for the next chunk
	// awaited is the stored place as long as no file is there: the directory may
	// be mounted in a moment.
	awaited *Position
	missed  []Missed // archives to be tried again
	retry   time.Duration
	retryAt time.Time
	named   map[string]string // files that are left out, and why, as far as that was reported
	lines   []Line            // reused
	owesEnd bool              // since the last look, no chunk reported that the end was seen

	// Why the file at the path can't be opened, while an older one is still
	// being read.
	blocked      error
	blockedSince time.Time
}

// clockGrain is by how much a modification time may lag behind time.Now.
const clockGrain = 50 * time.Millisecond

// open finds the place to begin.
func (s *stream) open(from *Position) error {
	if from != nil {
		return s.resume(*from)
	}
	f, err := openIfThere(s.Path)
	if f == nil {
		s.since = time.Now().Add(-clockGrain)
		return err
	}
	var begin int64
	if s.Begin == FromEnd {
		if begin, err = lastLineStart(f, s.MaxLine); err != nil {
			f.Close()
			return err
		}
	}
	return s.take(f, begin)
}

// lastLineStart finds where a half-written last line begins, or else the end.
func lastLineStart(f *file, maxLine int) (int64, error) {
	n := min(f.size, int64(maxLine))
	last, err := bytesAt(f, f.size-n, int(n))
	if err != nil {
		return 0, fmt.Errorf("reading the end of %s: %w", f.path, err)
	}
	if newline := bytes.LastIndexByte(last, '\n'); newline >= 0 {
		return f.size - n + int64(newline) + 1, nil
	}
	return f.size - n, nil
}

// resume goes on at a position, wherever its file is now.
func (s *stream) resume(p Position) error {
	s.since, s.finished, s.missed = p.ModTime, p.Finished, p.Missed
	c, err := s.locate(p)
	if err != nil {
		return err
	}
	if c.lost && len(c.files) == 0 {
		if s.awaited == nil {
			s.Logger.Warn("no file of the stream is there, waiting for one", "path", s.Path)
		}
		s.keep(c)
		p.Missed = s.missed
		s.awaited = &p
		s.notice(c.notices...)
		return nil
	}
	s.awaited = nil
	if c.lost {
		s.notice(Notice{Kind: Gap, File: s.Path, Offset: p.Offset, Detail: c.beginning()})
		s.finished = remember(s.finished, p.Mark) // it may come back
	}
	return s.start(c)
}

// start goes on with the files of a chain.
func (s *stream) start(c chain) error {
	s.notice(c.notices...)
	s.keep(c)
	if len(c.files) == 0 {
		return nil
	}
	s.later = c.files[1:]
	return s.take(c.files[0], c.begin)
}

// take makes a file the current one.
func (s *stream) take(f *file, begin int64) error {
	i := &incarnation{file: f, foundRotated: len(s.later) > 0, begun: begin > 0}
	s.current = i
	if err := i.look(); err != nil {
		return err
	}
	i.grew = i.modTime
	if now := time.Now(); i.grew.After(now) {
		i.grew = now
	}
	d, err := newDirect(f, begin, s.Options)
	if err != nil {
		return err
	}
	i.engine = d
	if s.Engine == Tail && !i.foundRotated && f.packed == nil {
		i.engine = newTailing(d, s.Logger)
	}
	s.moveSince()
	return nil
}

// moveSince brings the time before which nothing is of interest up to the
// current file. A copy may be younger than the files after it.
func (s *stream) moveSince() {
	since := s.current.modTime
	for _, f := range s.later {
		if f.modTime.Before(since) {
			since = f.modTime
		}
	}
	if since.After(s.since) {
		s.since = since
	}
}

// follow reads, delivers, and waits, until the context or deliver ends it.
func (s *stream) follow(ctx context.Context) error {
	tick := time.NewTicker(s.Poll)
	defer tick.Stop()
	for due := true; ctx.Err() == nil; {
		select {
		case <-tick.C:
			due = true
		default:
		}
		began, changed := time.Now(), false
		if due {
			var err error
			if changed, err = s.look(); err != nil {
				return err
			}
			due, s.owesEnd = false, true
		}
		more, err := s.readAndDeliver(ctx, began)
		if err != nil {
			return err
		}
		if more || changed {
			continue
		}
		if err := s.readMissed(ctx); err != nil {
			return err
		}
		if s.owesEnd {
			if err := s.sendEnd(ctx, began); err != nil {
				return err
			}
		}
		due = s.wait(ctx, tick.C)
	}
	return nil
}

// readAndDeliver delivers one chunk, and reports whether there may be more at
// once. When it reaches the end, it reports that with the lines, if that is
// owed: a deliver that takes long may find new lines each time it returns.
func (s *stream) readAndDeliver(ctx context.Context, began time.Time) (more bool, err error) {
	c := Chunk{Lines: s.lines[:0]}
	if s.current != nil {
		more, err = s.current.engine.read(&c)
		s.lines = c.Lines
	}
	if errors.Is(err, errChanged) {
		return true, s.rewritten()
	}
	if err != nil {
		return false, err
	}
	if len(c.Lines)+len(c.Notices)+len(s.notices) == 0 {
		return more, nil
	}
	if s.owesEnd && len(c.Lines) > 0 && s.current.isRead() && !s.laterHasContent() {
		c.EndSeen = began
	}
	return more, s.send(ctx, c)
}

// send completes a chunk and delivers it.
func (s *stream) send(ctx context.Context, c Chunk) error {
	c.Position = s.position()
	c.File = s.Path
	if i := s.current; i != nil {
		c.File, c.FileID, c.Offset = i.path, i.lineID, c.Position.Offset
		c.Size = max(i.size, c.Offset)
	}
	return s.hand(ctx, c)
}

// position is the place in the stream now.
func (s *stream) position() Position {
	if s.awaited != nil {
		p := *s.awaited
		p.Missed = s.missed
		return p
	}
	p := Position{ModTime: s.since, Finished: s.finished, Missed: s.missed}
	if i := s.current; i != nil {
		if offset, _ := i.engine.place(); offset > 0 {
			i.begin()
		}
		if len(i.head) < headSize {
			// That the file changed just now is noticed by the next read.
			_ = i.extendHead()
		}
		p.Mark = i.mark()
	}
	return p
}

// hand delivers a chunk.
func (s *stream) hand(ctx context.Context, c Chunk) error {
	c.Notices = append(s.notices, c.Notices...)
	if err := s.deliver(ctx, c); err != nil {
		return fmt.Errorf("delivering lines of %s: %w", c.File, err)
	}
	s.notices = nil
	if !c.EndSeen.IsZero() {
		s.owesEnd = false
	}
	return nil
}

// sendEnd delivers a chunk that reports the end, if there is nothing more to read.
func (s *stream) sendEnd(ctx context.Context, began time.Time) error {
	end, err := s.atEnd()
	if err != nil || !end || s.laterHasContent() {
		return err
	}
	return s.send(ctx, Chunk{EndSeen: began})
}

// atEnd reports whether the current file has no whole line left.
func (s *stream) atEnd() (bool, error) {
	if s.current == nil {
		return true, nil
	}
	end, err := s.current.engine.atEnd()
	if errors.Is(err, errChanged) {
		return false, s.rewritten()
	}
	return end, err
}

// wait blocks until there may be something to read, and reports whether a look
// is due.
func (s *stream) wait(ctx context.Context, tick <-chan time.Time) (due bool) {
	select {
	case <-ctx.Done():
		return false
	case <-tick:
		return true
	case <-s.asked:
		return true
	case <-s.written:
		return s.current == nil
	}
}
