package perfdata

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// FileOptions describe a perfdata file of mode "a" (append) or "w" (write).
type FileOptions struct {
	// Name is the key of the source, such as "perfdata-service".
	Name string
	// Path is the host_perfdata_file or service_perfdata_file. It need not
	// exist yet.
	Path string
	// Formats are those that the lines may have.
	Formats []*Format
	// Archives are glob patterns of the places to which a processing command
	// moves the file, besides its siblings: Path, one of ".-_", and a digit.
	Archives []string
	// Begin is where to begin on the first start.
	Begin follow.Begin
	// Poll is the time between two looks for a moved file. Default 250 ms.
	Poll time.Duration
	// Logger gets a line per truncation, moved file or gap. Default: silence.
	Logger *slog.Logger
}

// movedGrace is how long a moved file has to be quiet before the new one is
// read. Nagios closes the file before it runs the processing command, and opens
// the new one after it (xdata/xpddefault.c), so the old one is complete.
const movedGrace = 100 * time.Millisecond

// deletedKept is how long a file that was deleted, and not created anew, is kept open
// after it was last written to.
const deletedKept = time.Minute

// FileSource follows a perfdata file.
type FileSource struct {
	supervision.Meter
	options  FileOptions
	follower *follow.Follower
}

// NewFile makes a source of a perfdata file. It opens nothing. The error is an
// *option.Fault.
func NewFile(options FileOptions) (*FileSource, error) {
	if err := checkFormats(options.Name, options.Formats); err != nil {
		return nil, err
	}
	for _, pattern := range options.Archives {
		if _, err := filepath.Match(pattern, ""); err != nil {
			return nil, option.Faultf("archives", "pattern %q: %w", pattern, err)
		}
	}
	s := &FileSource{options: options}
	s.follower = follow.New(follow.Options{
		Path:     options.Path,
		Archives: s.archives,
		Begin:    options.Begin,
		Engine:   follow.Direct,
		Poll:     options.Poll,
		Grace:    movedGrace,
		LetGo:    deletedKept,
		Logger:   options.Logger,
	})
	return s, nil
}

// Look makes the source look at the file now: what the log shows waits a moment for
// its performance data.
func (s *FileSource) Look() { s.follower.Look() }

// Name is the key of the source.
func (s *FileSource) Name() string { return s.options.Name }

// Run follows the file until the context ends.
func (s *FileSource) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	h := fileHand{lines: newCollector(s.options.Name, s.options.Formats), emit: emit, meter: &s.Meter, stored: from}
	var position *follow.Position
	if len(from) > 0 {
		var stored filePosition
		if err := json.Unmarshal(from, &stored); err != nil {
			return fmt.Errorf("perfdata file %s: stored position: %w", s.options.Path, err)
		}
		position = &stored.Position
		h.lines.restore(stored.Open)
	}
	if err := s.follower.Run(ctx, position, h.deliver); err != nil {
		return fmt.Errorf("perfdata file %s: %w", s.options.Path, err)
	}
	return nil
}

// filePosition is what a file source stores: its place in the stream, and the record
// in front of it of which further lines may come.
type filePosition struct {
	follow.Position
	Open *group `json:"open,omitempty"`
}

// fileHand turns a follower's chunks into batches.
type fileHand struct {
	lines  *collector
	emit   supervision.Emit
	meter  *supervision.Meter
	stored []byte // the position
	late   bool   // the last lines were

	opened time.Time // when the end was first seen behind the record that may go on
	ended  time.Time // the last moment at which the end was seen
}

// settleTime is how long nothing must follow a record that may have further lines.
const settleTime = 250 * time.Millisecond

func (h *fileHand) deliver(ctx context.Context, c follow.Chunk) error {
	h.lines.reset()
	from := place{ref: c.FileID, file: c.File, late: c.Late}
	if len(c.Notices) > 0 || c.Late != h.late {
		h.lines.settle() // what follows need not be the next line
	}
	h.late = c.Late
	for _, line := range c.Lines {
		h.lines.add(line.Text, from, line.Offset)
	}
	for _, n := range c.Notices {
		if n.Kind != follow.Truncated { // what mode "w" does at every start of Nagios
			h.lines.reject(n.Text, place{file: n.File}, n.Offset, n.String())
		}
	}
	endSeen := h.settle(c)
	position, err := json.Marshal(filePosition{c.Position, h.lines.open})
	if err != nil {
		return err
	}
	batch := h.lines.batch
	batch.EndSeen = endSeen
	if !bytes.Equal(position, h.stored) { // an idle file causes no writes
		batch.Position = position
	}
	if err := h.emit(ctx, batch); err != nil {
		return err
	}
	h.stored = position
	h.meter.Handed(batch, c.File, c.Offset, c.Size)
	return nil
}

// settle ends the last record at the end of the file, if it can't go on or has not
// for long enough. It returns the moment from before which all is in the batch: a
// record that may go on came after the end was seen before it.
func (h *fileHand) settle(c follow.Chunk) (endSeen time.Time) {
	if !h.lines.mayGoOn() && c.Offset >= c.Size {
		h.lines.settle()
	}
	if c.EndSeen.IsZero() {
		h.opened = time.Time{}
		return time.Time{}
	}
	before := h.ended
	h.ended = c.EndSeen
	switch {
	case !h.lines.mayGoOn() || !h.opened.IsZero() && len(c.Lines) == 0 && c.EndSeen.Sub(h.opened) >= settleTime:
		h.lines.settle()
		h.opened = time.Time{}
		return c.EndSeen
	case h.opened.IsZero() || len(c.Lines) > 0:
		h.opened = c.EndSeen
		return before
	}
	return time.Time{}
}

// archives lists where the file may have been moved to.
func (s *FileSource) archives() ([]string, error) {
	paths, err := siblings(s.options.Path)
	if err != nil {
		return nil, err
	}
	for _, pattern := range s.options.Archives {
		found, err := filepath.Glob(pattern)
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	return paths, nil
}

// siblings are the files "<path>.<digit>…", also with - or _. Other files whose
// names begin like this one's belong to other streams.
func siblings(path string) (found []string, err error) {
	dir, base := filepath.Split(path)
	entries, err := os.ReadDir(filepath.Clean(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // it may have to be mounted first
	}
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		rest, ok := strings.CutPrefix(entry.Name(), base)
		if ok && len(rest) >= 2 && strings.IndexByte(".-_", rest[0]) >= 0 && rest[1] >= '0' && rest[1] <= '9' {
			found = append(found, filepath.Join(dir, entry.Name()))
		}
	}
	return found, nil
}
