package handover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// mostOpen is how many segments may be open before those that are over are
// handed over and closed.
const mostOpen = 64

// spoolReader reads the segments of a spool directory, pass by pass.
type spoolReader struct {
	options Options
	listing listing
	resume  Position // of segments that were not opened yet
	emit    supervision.Emit
	meter   *supervision.Meter
	open    map[string]*openSegment // by file name
	current *openSegment            // the one that is being read, or was read last
	behind  int64                   // bytes in the segments behind it
	batch   supervision.Batch
	bytes   int // of the batch's lines
	buf     []byte
	stored  []byte          // the position
	logged  map[string]bool // troubles that were logged
}

// openSegment is one that is being read.
type openSegment struct {
	Name
	file   *os.File
	offset int64 // behind the last whole line that was taken
	size   int64 // when it was last looked at
	held   bool  // its format is not ours
	over   bool  // all of it was taken, and nothing more can come
}

// newSpoolReader returns a reader that goes on from a position, whose stored
// form is given too.
func newSpoolReader(
	o Options, resume Position, stored []byte, emit supervision.Emit, meter *supervision.Meter,
) *spoolReader {
	return &spoolReader{
		options: o, listing: listing{dir: o.Dir}, resume: resume, stored: stored, emit: emit, meter: meter,
		open: map[string]*openSegment{}, buf: make([]byte, readSize), logged: map[string]bool{},
	}
}

func (r *spoolReader) close() {
	for _, s := range r.open {
		s.file.Close()
	}
}

// skipToEnd makes the present ends of the segments the places to begin.
func (r *spoolReader) skipToEnd() error {
	if _, err := r.listing.refresh(); err != nil {
		return err
	}
	for _, name := range r.listing.names {
		s, err := r.segment(name)
		if err != nil {
			return err
		}
		if s == nil {
			continue
		}
		if s.offset, err = lastLineEnd(s.file); err != nil {
			return err
		}
	}
	return nil
}

// pass reads every segment to its end, oldest first, hands over what it read,
// and deletes what is over. The listing is checked before anything is read: if
// a process has begun another segment by then, the one before is complete.
func (r *spoolReader) pass(ctx context.Context) error {
	began := time.Now()
	listed, err := r.listing.refresh()
	if err != nil {
		return err
	}
	if listed {
		if err := r.dropVanished(ctx); err != nil {
			return err
		}
		r.resume.keep(r.listing.names)
	}
	r.behind = 0
	for i := range r.listing.names {
		r.behind += r.unread(i)
	}
	for i, name := range r.listing.names {
		r.behind -= r.unread(i)
		s, err := r.segment(name)
		if err != nil {
			return err
		}
		if s == nil {
			continue // deleted since
		}
		s.size = max(s.size, r.listing.sizes[i])
		r.current = s
		if err := r.read(ctx, s); err != nil {
			return err
		}
		if s.held {
			break
		}
		if listed && r.mayGo(s, r.listing.names[i+1:]) {
			s.over = true
			if err := r.tornTail(s); err != nil {
				return err
			}
		}
		if len(r.open) >= mostOpen {
			if err := r.hand(ctx); err != nil {
				return err
			}
		}
	}
	r.batch.EndSeen = began
	return r.hand(ctx)
}

// unread returns how many bytes of the ith segment wait, as far as it was listed.
func (r *spoolReader) unread(i int) int64 {
	file := r.listing.names[i].File
	if s := r.open[file]; s != nil {
		return max(r.listing.sizes[i]-s.offset, 0)
	}
	return max(r.listing.sizes[i]-r.resume.Of(file), 0)
}

// segment returns the open segment of a name; nil if it is not there any more.
func (r *spoolReader) segment(name Name) (*openSegment, error) {
	if s := r.open[name.File]; s != nil {
		return s, nil
	}
	f, err := os.Open(filepath.Join(r.options.Dir, name.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	s := &openSegment{Name: name, file: f, offset: r.resume.Of(name.File)}
	r.open[name.File] = s
	return s, nil
}

// mayGo reports whether nothing more can come to a segment, given those behind
// it: its own process has begun another one, or another process has, and this
// one has been quiet for long.
func (r *spoolReader) mayGo(s *openSegment, later []Name) bool {
	if len(later) == 0 {
		return false
	}
	if slices.ContainsFunc(later, func(l Name) bool { return l.Module == s.Module && l.PID == s.PID }) {
		return true
	}
	info, err := os.Stat(s.file.Name())
	return err == nil && time.Since(info.ModTime()) > r.options.Quiet
}

// dropVanished reads the rest of segments that somebody else deleted.
func (r *spoolReader) dropVanished(ctx context.Context) error {
	for file, s := range r.open {
		if slices.ContainsFunc(r.listing.names, func(n Name) bool { return n.File == file }) {
			continue
		}
		if err := r.read(ctx, s); err != nil {
			return err
		}
		s.file.Close()
		delete(r.open, file)
	}
	return nil
}

// hand emits the batch, with the position behind it, and deletes the segments
// that are over.
func (r *spoolReader) hand(ctx context.Context) error {
	position, err := json.Marshal(r.position())
	if err != nil {
		return err
	}
	if !bytes.Equal(position, r.stored) { // an idle spool causes no writes
		r.batch.Position = position
	}
	if err := r.emit(ctx, r.batch); err != nil {
		return err
	}
	r.stored = position
	r.measure()
	clear(r.batch.Records) // lets go of the strings
	r.batch, r.bytes = supervision.Batch{Records: r.batch.Records[:0]}, 0
	r.remove()
	return nil
}

// measure notes how far the reader has come with the batch that was taken.
func (r *spoolReader) measure() {
	if r.current == nil {
		r.meter.Handed(r.batch, r.options.Dir, 0, 0)
		return
	}
	r.meter.Handed(r.batch, r.current.file.Name(), r.current.offset, r.current.size+r.behind)
}

// position returns the places in all segments, also in those of an earlier run
// that have not been opened yet.
func (r *spoolReader) position() (p Position) {
	for _, s := range r.open {
		p.Segments = append(p.Segments, Mark{s.File, s.offset})
	}
	for _, m := range r.resume.Segments {
		if r.open[m.File] == nil {
			p.Segments = append(p.Segments, m)
		}
	}
	slices.SortFunc(p.Segments, func(a, b Mark) int { return strings.Compare(a.File, b.File) })
	return p
}

// remove deletes the segments that are over and durable.
func (r *spoolReader) remove() {
	if r.options.Watch {
		return
	}
	for file, s := range r.open {
		if !s.over {
			continue
		}
		if err := os.Remove(s.file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.complain("remove", "can't delete a segment that was read, trying again: "+
				"the spool directory must be writable", "err", err)
			continue
		}
		delete(r.logged, "remove")
		s.file.Close()
		delete(r.open, file)
		r.resume.forget(file)
	}
}

// complain logs a trouble once.
func (r *spoolReader) complain(trouble, message string, args ...any) {
	if !r.logged[trouble] {
		r.logged[trouble] = true
		r.options.Logger.Error(message, append([]any{"path", r.options.Dir, "trouble", trouble}, args...)...)
	}
}
