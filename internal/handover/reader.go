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
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// mostOpen is how many segments may be open, and how many may be over before they
// are handed over and deleted.
const mostOpen = 64

// spoolReader reads the segments of a spool directory, pass by pass.
type spoolReader struct {
	options Options
	listing listing
	emit    supervision.Emit
	meter   *supervision.Meter
	// segments are all that are in the directory, and those that were and may
	// come back.
	segments map[string]*segment // by file name
	open     int                 // how many of them are open
	most     int                 // how many may be
	over     int                 // how many were read to their ends since the last hand-over
	current  *segment            // the one that is being read, or was read last
	behind   int64               // bytes in the segments behind it
	batch    supervision.Batch
	bytes    int // of the batch's lines
	buf      []byte
	stored   []byte          // the position
	logged   map[string]bool // troubles that were logged
	short    bool            // of files that may be open, in this pass
}

// segment is what is known of one.
type segment struct {
	Name
	file   *os.File // nil: it is not open
	offset int64    // behind the last whole line that was taken
	size   int64    // when it was last looked at
	held   bool     // its format is not ours
	over   bool     // all of it was taken, and nothing more can come
	kept   bool     // it is over, and could not be deleted since the last listing
	seen   bool     // it was read to an end in this run
	// again is when to try again to open it, after a failure.
	again time.Time
	// missing is since when it is not there, although others are.
	missing time.Time
}

// newSpoolReader returns a reader that goes on from a position, whose stored
// form is given too.
func newSpoolReader(
	o Options, from Position, stored []byte, emit supervision.Emit, meter *supervision.Meter,
) *spoolReader {
	r := &spoolReader{
		options: o, listing: listing{dir: o.Dir}, stored: stored, emit: emit, meter: meter,
		most: supervision.OpenFiles(mostOpen), segments: map[string]*segment{}, buf: make([]byte, readSize),
		logged: map[string]bool{},
	}
	for _, m := range from.Segments {
		r.segments[m.File] = &segment{Name: Name{File: m.File}, offset: m.Offset}
	}
	return r
}

// segment returns what is known of a name.
func (r *spoolReader) segment(name Name) *segment {
	s := r.segments[name.File]
	if s == nil {
		s = &segment{}
		r.segments[name.File] = s
	}
	s.Name = name
	return s
}

func (r *spoolReader) path(s *segment) string { return filepath.Join(r.options.Dir, s.File) }

// skipToEnd makes the present ends of the segments the places to begin.
func (r *spoolReader) skipToEnd() error {
	if _, err := r.listing.refresh(); err != nil {
		return err
	}
	for i, name := range r.listing.names {
		s := r.segment(name)
		s.offset = r.listing.sizes[i] // of one that can't be read now
		if !r.opens(s) {
			continue
		}
		end, err := lastLineEnd(s.file)
		if err != nil {
			return err
		}
		s.offset = end
		r.shut(s)
	}
	return nil
}

// pass reads every segment to its end, oldest first, hands over what it read,
// and deletes what is over. The listing is checked before anything is read: if
// a process has begun another segment by then, the one before is complete.
//
// A segment that can't be read is named, and tried again; those behind it go on.
// So what it holds comes late, when it can be read. Where no more files can be
// opened at all, the rest waits.
func (r *spoolReader) pass(ctx context.Context) error {
	began := time.Now()
	r.short = false
	listed, err := r.list(ctx)
	if err != nil {
		return err
	}
	r.behind = 0
	for i := range r.listing.names {
		r.behind += r.unread(i)
	}
	for i, name := range r.listing.names {
		r.behind -= r.unread(i)
		s := r.segment(name)
		s.size = max(s.size, r.listing.sizes[i])
		if r.isRead(s, i, listed) {
			continue
		}
		if !r.opens(s) {
			if r.short {
				break
			}
			continue
		}
		r.current = s
		if err := r.readOn(ctx, s, listed, r.listing.names[i+1:]); err != nil {
			return err
		}
		if s.held {
			break
		}
		if r.over >= mostOpen {
			if err := r.hand(ctx); err != nil {
				return err
			}
		}
	}
	if !r.short {
		r.batch.EndSeen = began
	}
	return r.hand(ctx)
}

// list looks at the directory, and reports whether it was read. One that is
// absent counts as empty: it may be mounted again in a moment.
func (r *spoolReader) list(ctx context.Context) (listed bool, err error) {
	listed, err = r.listing.refresh()
	switch {
	case errors.Is(err, fs.ErrNotExist):
		r.complain("directory", "the spool directory is gone, waiting for it", r.options.Dir, err)
		r.listing, listed = listing{dir: r.options.Dir}, true
	case supervision.IsShortOfFiles(err):
		r.shed()
		r.runsShort(r.options.Dir, err)
		return false, nil // the directory is read at the next pass
	case err != nil:
		return false, err
	default:
		r.settle("directory", "the spool directory is there again", r.options.Dir)
	}
	if !listed {
		return false, nil
	}
	for _, odd := range r.listing.odd {
		r.complain(odd, "not reading what is no regular file", filepath.Join(r.options.Dir, odd), errOdd)
	}
	return true, r.dropVanished(ctx)
}

// unread returns how many bytes of the ith segment wait, as far as it was listed.
func (r *spoolReader) unread(i int) int64 {
	size := r.listing.sizes[i]
	if s := r.segments[r.listing.names[i].File]; s != nil {
		return max(size-s.offset, 0)
	}
	return size
}

// isRead reports whether nothing is left to do with the ith segment: one that is
// not open any more had been read to the end that it still has.
func (r *spoolReader) isRead(s *segment, i int, listed bool) bool {
	if s.file != nil || !s.seen || s.offset < r.listing.sizes[i] || i == len(r.listing.names)-1 {
		return false
	}
	return s.over || !listed || !r.mayGo(s, r.listing.names[i+1:])
}

func (r *spoolReader) close() { r.shed() }

// readOn reads a segment to its present end, and closes it if that is the end of
// it. One that fails is left where it was.
func (r *spoolReader) readOn(ctx context.Context, s *segment, listed bool, later []Name) error {
	failed, err := r.read(ctx, s)
	if err != nil || s.held {
		return err
	}
	over := failed == nil && listed && r.mayGo(s, later)
	if over {
		failed = r.tornTail(s)
	}
	if failed != nil {
		s.again = time.Now().Add(r.options.Poll)
		r.complain(s.File, "can't read a segment, trying again: those behind it go on", r.path(s), failed)
		r.shut(s)
		return nil
	}
	s.seen = true
	if over {
		s.over = true
		r.over++
		r.shut(s)
	}
	return nil
}

// mayGo reports whether nothing more can come to a segment, given those behind
// it: its own process has begun another one, or another process has, and this
// one has been quiet for long.
func (r *spoolReader) mayGo(s *segment, later []Name) bool {
	if len(later) == 0 {
		return false
	}
	if slices.ContainsFunc(later, func(l Name) bool { return l.Module == s.Module && l.PID == s.PID }) {
		return true
	}
	info, err := os.Lstat(r.path(s))
	return err == nil && time.Since(info.ModTime()) > r.options.Quiet
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
	r.batch, r.bytes, r.over = supervision.Batch{Records: r.batch.Records[:0]}, 0, 0
	r.remove()
	return nil
}

// measure notes how far the reader has come with the batch that was taken.
func (r *spoolReader) measure() {
	if r.current == nil {
		r.meter.Handed(r.batch, r.options.Dir, 0, 0)
		return
	}
	r.meter.Handed(r.batch, r.path(r.current), r.current.offset, r.current.size+r.behind)
}
