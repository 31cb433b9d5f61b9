package handover

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	batchLines = 1000
	batchBytes = 256 << 10
	// rawKept is how much of a line that is too long goes to quarantine.
	rawKept  = 4 << 10
	readSize = 64 << 10
	// mostOpen is how many segments may be open before those that are over are
	// handed over and closed.
	mostOpen = 64
)

// reader reads the segments that are there, again and again.
type reader struct {
	options Options
	resume  Position // of segments that were not opened yet
	emit    supervision.Emit
	open    map[string]*segment // by file name
	batch   supervision.Batch
	bytes   int
	buf     []byte
	stored  []byte          // the position
	told    map[string]bool // troubles that were logged
}

// segment is one that is being read.
type segment struct {
	Name
	file   *os.File
	offset int64 // behind the last whole line that was taken
	held   bool  // its format is not ours
	over   bool  // all of it was taken, and nothing more can come
}

func newReader(o Options, resume Position, stored []byte, emit supervision.Emit) *reader {
	return &reader{
		options: o, resume: resume, stored: stored, emit: emit,
		open: map[string]*segment{}, buf: make([]byte, readSize), told: map[string]bool{},
	}
}

func (r *reader) close() {
	for _, s := range r.open {
		s.file.Close()
	}
}

// skipToEnd makes the present ends of the segments the places to begin.
func (r *reader) skipToEnd() error {
	names, err := List(r.options.Dir)
	if err != nil {
		return err
	}
	for _, name := range names {
		s, err := r.segment(name)
		if err != nil || s == nil {
			return err
		}
		if s.offset, err = lastLineEnd(s.file); err != nil {
			return err
		}
	}
	return nil
}

// lastLineEnd gives the offset behind the last line feed.
func lastLineEnd(f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	for end := info.Size(); end > 0; {
		begin := max(end-readSize, 0)
		block := make([]byte, end-begin)
		if _, err := f.ReadAt(block, begin); err != nil {
			return 0, err
		}
		if i := bytes.LastIndexByte(block, '\n'); i >= 0 {
			return begin + int64(i) + 1, nil
		}
		end = begin
	}
	return 0, nil
}

// pass reads every segment to its end, oldest first, hands over what it read,
// and deletes what is over. The list is taken before anything is read: if a
// process has begun another segment by then, the one before is complete.
func (r *reader) pass(ctx context.Context) error {
	looked := time.Now()
	names, err := List(r.options.Dir)
	if err != nil {
		return err
	}
	if err := r.dropVanished(ctx, names); err != nil {
		return err
	}
	r.resume.keep(names)
	for i, name := range names {
		s, err := r.segment(name)
		if err != nil {
			return err
		}
		if s == nil {
			continue // deleted since
		}
		if err := r.read(ctx, s); err != nil {
			return err
		}
		if s.held {
			break
		}
		if s.over = r.mayGo(name, names[i+1:]); s.over {
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
	r.batch.EndSeen = looked
	return r.hand(ctx)
}

// segment gives the open segment of a name; nil if it is not there any more.
func (r *reader) segment(name Name) (*segment, error) {
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
	s := &segment{Name: name, file: f, offset: r.resume.Of(name.File)}
	r.open[name.File] = s
	return s, nil
}

// read takes all whole lines of a segment.
func (r *reader) read(ctx context.Context, s *segment) error {
	for !s.held {
		n, err := s.file.ReadAt(r.buf, s.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		block := r.buf[:n]
		taken, err := r.lines(ctx, s, block)
		if err != nil {
			return err
		}
		switch {
		case taken == 0 && n < len(r.buf):
			return nil // the end, or half a line
		case taken == 0 && n > pairs.LongestLine:
			if err := r.skipLine(s, block); err != nil {
				return err
			}
		case taken == 0:
			r.buf = make([]byte, min(2*len(r.buf), pairs.LongestLine+2))
		}
	}
	return nil
}

// lines takes the whole lines of a block that begins at the segment's offset,
// and gives their length. A batch that is full is handed over on the way.
func (r *reader) lines(ctx context.Context, s *segment, block []byte) (taken int, err error) {
	for {
		n := bytes.IndexByte(block[taken:], '\n')
		if n < 0 || s.held {
			return taken, nil
		}
		r.line(s, string(block[taken:taken+n]))
		if s.held {
			return taken, nil
		}
		taken += n + 1
		s.offset += int64(n) + 1
		if r.bytes += n; r.bytes >= batchBytes || len(r.batch.Records)+len(r.batch.Rejected) >= batchLines {
			if err := r.hand(ctx); err != nil {
				return taken, err
			}
		}
	}
}

// line takes one line, at the segment's offset.
func (r *reader) line(s *segment, text string) {
	line, err := ParseLine(text)
	switch {
	case s.offset == 0 && (line.Header == nil || err != nil):
		r.tell(s.File, "a segment has no header: its lines are read as those of format "+format)
	case s.offset == 0 && line.Header.Format != format:
		s.held = true
		r.tell(s.File, "a module writes a format that this version doesn't read: what it writes is kept until a newer nagios2canopsis is installed",
			"module", line.Header.Module, "format", line.Header.Format, "known", format)
		return
	case s.offset == 0 && s.N == 1:
		h := line.Header
		r.options.Logger.Info("a module has begun to write", "module", h.Module, "program", h.Program, "layout", h.Layout, "pid", h.PID)
	}
	switch {
	case err != nil:
		r.reject(s, text, err.Error())
	case line.Lost > 0:
		r.reject(s, text, fmt.Sprintf("the module could not write to its spool for so long that %d records did not fit into its memory: they are lost", line.Lost))
	case line.Skip != "":
		r.skip(line.Skip)
	case line.Record.Kind != 0:
		line.Record.Ref = s.File + "@" + strconv.FormatInt(s.offset, 10)
		r.batch.Records = append(r.batch.Records, line.Record)
	}
}

func (r *reader) skip(why string) {
	if r.batch.Skipped == nil {
		r.batch.Skipped = map[string]int{}
	}
	r.batch.Skipped[why]++
}

func (r *reader) reject(s *segment, raw, reason string) {
	r.batch.Rejected = append(r.batch.Rejected, supervision.Rejected{
		Source: r.options.Name, Where: s.file.Name() + ":" + strconv.FormatInt(s.offset, 10),
		Reason: reason, Raw: []byte(raw[:min(len(raw), rawKept)]),
	})
}

// skipLine passes over a line that is too long, of which block is the beginning.
func (r *reader) skipLine(s *segment, block []byte) error {
	end := s.offset + int64(len(block))
	for {
		n, err := s.file.ReadAt(r.buf, end)
		if err != nil && !errors.Is(err, io.EOF) {
			return err
		}
		if i := bytes.IndexByte(r.buf[:n], '\n'); i >= 0 {
			end += int64(i) + 1
			break
		}
		if end += int64(n); n == 0 {
			break // its end is still to come, and will be rejected by itself
		}
	}
	r.reject(s, string(block), "the line is longer than 1 MiB")
	s.offset = end
	return nil
}

// mayGo tells whether nothing more can come to a segment, given those behind
// it: its own process has begun another one, or another process has, and this
// one has been quiet for long.
func (r *reader) mayGo(name Name, later []Name) bool {
	if len(later) == 0 {
		return false
	}
	if slices.ContainsFunc(later, func(l Name) bool { return l.Module == name.Module && l.PID == name.PID }) {
		return true
	}
	info, err := os.Stat(filepath.Join(r.options.Dir, name.File))
	return err == nil && time.Since(info.ModTime()) > r.options.Quiet
}

// tornTail sets aside what follows the last line feed of a segment that is over.
func (r *reader) tornTail(s *segment) error {
	info, err := s.file.Stat()
	if err != nil || info.Size() <= s.offset {
		return err
	}
	rest := make([]byte, min(info.Size()-s.offset, rawKept))
	if _, err := s.file.ReadAt(rest, s.offset); err != nil {
		return err
	}
	r.reject(s, string(rest), "the last record has no line feed: the supervisor was killed while it was being written")
	s.offset = info.Size()
	return nil
}

// dropVanished reads the rest of segments that somebody else deleted.
func (r *reader) dropVanished(ctx context.Context, names []Name) error {
	for file, s := range r.open {
		if slices.ContainsFunc(names, func(n Name) bool { return n.File == file }) {
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
func (r *reader) hand(ctx context.Context) error {
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
	clear(r.batch.Records) // lets go of the strings
	r.batch, r.bytes = supervision.Batch{Records: r.batch.Records[:0]}, 0
	r.remove()
	return nil
}

// position gives the places in all segments, also of those of an earlier run
// that have not been opened yet.
func (r *reader) position() (p Position) {
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
func (r *reader) remove() {
	if r.options.Watch {
		return
	}
	for file, s := range r.open {
		if !s.over {
			continue
		}
		if err := os.Remove(s.file.Name()); err != nil && !errors.Is(err, fs.ErrNotExist) {
			r.tell("remove", "can't delete a segment that was read, trying again: the spool directory must be writable", "err", err)
			continue
		}
		delete(r.told, "remove")
		s.file.Close()
		delete(r.open, file)
		r.resume.forget(file)
	}
}

// tell logs a trouble once.
func (r *reader) tell(trouble, message string, args ...any) {
	if !r.told[trouble] {
		r.told[trouble] = true
		r.options.Logger.Error(message, append([]any{"path", r.options.Dir, "trouble", trouble}, args...)...)
	}
}
