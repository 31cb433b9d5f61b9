package handover

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// readSize is how much is read at once, unless a line is longer.
const readSize = 64 << 10

// read takes all whole lines of a segment. failed is why the segment can't be
// read further, err why reading has to end.
func (r *spoolReader) read(ctx context.Context, s *segment) (failed, err error) {
	for !s.held {
		n, err := s.file.ReadAt(r.buf, s.offset)
		if err != nil && !errors.Is(err, io.EOF) {
			return err, nil
		}
		block := r.buf[:n]
		taken, err := r.lines(ctx, s, block)
		if err != nil {
			return nil, err
		}
		switch {
		case n < len(r.buf): // the end; half a line may be left
			s.size = s.offset + int64(n-taken)
			return nil, nil
		case taken > 0:
		case n > supervision.LongestLine:
			if err := r.skipLine(s, block); err != nil {
				return err, nil
			}
		default:
			r.buf = make([]byte, min(2*len(r.buf), supervision.LongestLine+2))
		}
	}
	return nil, nil
}

// lines takes the whole lines of a block that begins at the segment's offset,
// and returns their length. A batch that is full is handed over on the way.
func (r *spoolReader) lines(ctx context.Context, s *segment, block []byte) (taken int, err error) {
	for {
		n := bytes.IndexByte(block[taken:], '\n')
		if n < 0 {
			return taken, nil
		}
		r.line(s, string(block[taken:taken+n]))
		if s.held {
			return taken, nil
		}
		taken += n + 1
		s.offset += int64(n) + 1
		if r.bytes += n; r.batch.Full(r.bytes) {
			if err := r.hand(ctx); err != nil {
				return taken, err
			}
		}
	}
}

// line takes one line, at the segment's offset.
func (r *spoolReader) line(s *segment, text string) {
	if plain := strings.TrimLeft(text, "\x00"); len(plain) < len(text) {
		r.batch.Odd = append(r.batch.Odd, supervision.Oddity{
			Reason: "zero bytes in front of a line: left out", Where: r.where(s),
		})
		text = plain
	}
	line, err := ParseLine(text)
	if s.offset == 0 {
		if r.header(s, line.Header, err); s.held {
			return
		}
	}
	switch {
	case err != nil:
		r.reject(s, text, err.Error())
	case line.Lost > 0:
		r.reject(s, text, fmt.Sprintf("%d records are lost: the module could not write to its spool directory, "+
			"and they did not fit into its memory", line.Lost))
	case line.Skip != "":
		r.skip(line.Skip)
	case line.Record.Kind != 0:
		for _, o := range line.Odd {
			r.batch.Odd = append(r.batch.Odd, o.Oddity(r.where(s)+": "+line.Record.Entity.String()))
		}
		line.Record.Ref = s.File + "@" + strconv.FormatInt(s.offset, 10)
		r.batch.Records = append(r.batch.Records, line.Record)
	}
}

// header looks at the first line of a segment, which may be none or damaged.
func (r *spoolReader) header(s *segment, h *Header, err error) {
	switch {
	case h == nil || err != nil:
		r.complain("header "+s.File, "a segment has no header: its lines are read as those of format "+format,
			r.path(s), err)
	case h.Format != format:
		s.held = true
		r.complain("format "+s.File, "a module writes a format that this version can't read: "+
			"its segments are kept until a newer nagios2canopsis is installed", r.path(s),
			nil, "module", h.Module, "format", h.Format, "known", format)
	case s.N == 1:
		r.options.Logger.Info("a module has begun to write",
			"module", h.Module, "program", h.Program, "layout", h.Layout, "pid", h.PID)
	}
}

func (r *spoolReader) skip(why string) {
	if r.batch.Skipped == nil {
		r.batch.Skipped = map[string]int{}
	}
	r.batch.Skipped[why]++
}

func (r *spoolReader) reject(s *segment, raw, reason string) {
	r.batch.Rejected = append(r.batch.Rejected, supervision.Rejected{
		Source: r.options.Name, Where: r.where(s),
		Reason: reason, Raw: []byte(raw[:min(len(raw), supervision.RawKept)]),
	})
}

// where names the place of the line at hand.
func (r *spoolReader) where(s *segment) string {
	return r.path(s) + ":" + strconv.FormatInt(s.offset, 10)
}

// skipLine passes over a line that is too long, of which block is the beginning.
// Block is in the memory that is read into.
func (r *spoolReader) skipLine(s *segment, block []byte) error {
	beginning := string(block[:supervision.RawKept])
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
	r.reject(s, beginning, "the line is longer than 1 MiB")
	s.offset = end
	return nil
}

// tornTail rejects what follows the last line feed of a segment that is over.
func (r *spoolReader) tornTail(s *segment) error {
	info, err := s.file.Stat()
	if err != nil || info.Size() <= s.offset {
		return err
	}
	rest := make([]byte, min(info.Size()-s.offset, supervision.RawKept))
	if _, err := s.file.ReadAt(rest, s.offset); err != nil {
		return err
	}
	r.reject(s, string(rest), "the last record has no line feed: the supervisor was killed while it was being written")
	s.offset = info.Size()
	return nil
}

// lastLineEnd returns the offset behind the last line feed.
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
