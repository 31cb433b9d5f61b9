package handover

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
)

// aliveFor is how long after its last write a module counts as alive. An idle
// module writes ALIVE four times as often.
const aliveFor = 2 * time.Minute

// Spool is the state of a spool directory, for those who don't consume it.
type Spool struct {
	Dir      string
	Segments []Segment // oldest first

	Header     Header    // of the newest segment
	LastRecord time.Time // of the last whole record; zero if there is none
	Lost       int64     // records since the module was loaded
}

// Alive reports whether a module is writing to a directory now. It lists the
// directory and reads no file. In a directory that can't be listed, none is.
func Alive(dir string, now time.Time) bool {
	segments, err := list(dir)
	return err == nil && Spool{Segments: segments}.Alive(now)
}

// WrittenSince reports whether a module has written to a directory after a moment.
func WrittenSince(dir string, at time.Time) bool {
	segments, err := list(dir)
	if err != nil {
		return false
	}
	newest, found := Spool{Segments: segments}.Newest()
	return found && newest.Modified.After(at)
}

// Look lists a spool directory, and reads its newest segment. With an error, the
// Spool holds what was read before it. For a directory that does not exist the
// error is fs.ErrNotExist.
func Look(dir string) (Spool, error) {
	s := Spool{Dir: dir}
	var err error
	if s.Segments, err = list(dir); err != nil {
		return s, err
	}
	newest, found := s.Newest()
	if !found {
		return s, nil
	}
	read, err := readSegment(filepath.Join(dir, newest.File))
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil // the connector has just deleted it
	}
	if err != nil {
		return s, fmt.Errorf("reading the newest segment: %w", err)
	}
	s.Header, s.Lost, s.LastRecord = read.header, read.lost, read.last
	if s.LastRecord.IsZero() {
		s.LastRecord = newest.Modified
	}
	return s, nil
}

// Newest returns the segment that was begun last.
func (s Spool) Newest() (Segment, bool) {
	if len(s.Segments) == 0 {
		return Segment{}, false
	}
	return s.Segments[len(s.Segments)-1], true
}

// Alive reports whether the newest segment was written to within the last two
// minutes.
func (s Spool) Alive(now time.Time) bool {
	newest, found := s.Newest()
	return found && now.Sub(newest.Modified).Abs() <= aliveFor
}

// Size returns the bytes of all segments.
func (s Spool) Size() (bytes int64) {
	for _, segment := range s.Segments {
		bytes += segment.Size
	}
	return bytes
}

// Backlog returns the bytes behind a position; all of them without one.
func (s Spool) Backlog(from *Position) (bytes int64) {
	for _, segment := range s.Segments {
		bytes += segment.Size
		if from != nil {
			bytes -= min(from.Of(segment.File), segment.Size)
		}
	}
	return bytes
}

// Segment is a file of a spool directory.
type Segment struct {
	Name
	Size     int64
	Modified time.Time
}

func list(dir string) ([]Segment, error) {
	names, err := List(dir)
	if err != nil {
		return nil, fmt.Errorf("listing the spool directory: %w", err)
	}
	var segments []Segment
	for _, name := range names {
		info, err := os.Lstat(filepath.Join(dir, name.File))
		if err != nil {
			continue // deleted meanwhile
		}
		segments = append(segments, Segment{name, info.Size(), info.ModTime()})
	}
	return segments, nil
}

// readSegment summarizes a file of a directory.
func readSegment(path string) (summary, error) {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return summary{}, err
	}
	f, err := openSegment(path, ownerOf(dir))
	if err != nil {
		return summary{}, err
	}
	defer f.Close()
	s, err := summarize(f)
	if err != nil {
		return s, fmt.Errorf("%s: %w", path, err)
	}
	return s, nil
}

// summary is what is read from the text of a segment.
type summary struct {
	header Header
	lost   int64     // records, since the module was loaded
	last   time.Time // of its last whole record; zero if that has no time
}

// summarize reads a segment, whose last line may be half written. It looks at
// the beginning of each line only.
func summarize(r io.Reader) (summary, error) {
	const beginning = 16 << 10
	lines := bufio.NewReaderSize(r, beginning)
	var s summary
	for n := 0; ; n++ {
		line, err := lines.ReadSlice('\n')
		kept := string(line)
		for errors.Is(err, bufio.ErrBufferFull) {
			_, err = lines.ReadSlice('\n')
		}
		if errors.Is(err, io.EOF) {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		s.add(n, strings.TrimSuffix(kept, "\n"))
	}
}

// add adds the nth line, from 0. A header is written together with the first
// record, and counts what is lost by then: a LOST that is the first record is in
// that number already.
func (s *summary) add(n int, line string) {
	if header, err := ParseHeader(line); n == 0 && err == nil {
		s.header, s.lost = header, header.Lost
		return
	}
	cut, err := pairs.CutEscaped(line, nil)
	if err != nil {
		return
	}
	f := fields{pairs: cut}
	switch kind := f.text("DATATYPE"); {
	case n > 1 && kind == "LOST":
		s.lost += max(f.number("COUNT"), 0)
	case kind == "ALIVE" && f.text("LOST") != "":
		s.lost = max(f.number("LOST"), 0)
	}
	s.last = f.time("TIMET")
}
