package perfdata

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"
	"golang.org/x/sync/errgroup"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/option"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// After is what happens to a spool file once all of it is durable.
type After uint8

// What may happen to a file. Files are kept by default, so that npcd and its
// like go on working, and remove them themselves.
const (
	Keep After = iota
	Delete
	Move // to SpoolOptions.MoveTo
)

// SpoolOptions describe a directory into which a processing command moves
// perfdata files.
type SpoolOptions struct {
	// Name is the key of the source, such as "perfdata-spool".
	Name string
	// Dir is the directory. Files that it gets have to have names of their own
	// (by $TIMET$): a file moved over an unread one destroys it.
	Dir string
	// Pattern chooses files by name, as filepath.Match does. Default "*".
	// Hidden files are never read.
	Pattern string
	// Formats are those that the lines may have.
	Formats []*Format
	After   After
	// MoveTo is a directory on the same file system.
	MoveTo string
	// Poll is the time between two looks at the directory. New files wake us
	// where inotify works. Default 1 s.
	Poll time.Duration
	// Logger gets a line per trouble. Default: silence.
	Logger *slog.Logger
}

const defaultSpoolPoll = time.Second

// SpoolSource reads the files of a spool directory, each to its end, oldest
// first.
type SpoolSource struct {
	supervision.Meter
	options SpoolOptions
}

// check returns every fault of the options.
func (o *SpoolOptions) check() error {
	faults := []error{checkFormats(o.Name, o.Formats)}
	if _, err := filepath.Match(o.Pattern, ""); err != nil {
		faults = append(faults, option.Faultf("pattern", "%q: %w", o.Pattern, err))
	}
	switch moves := o.After == Move; {
	case moves != (o.MoveTo != ""):
		faults = append(faults, option.Faultf("move_to", "belongs to 'after: move', and is needed by it"))
	case moves && filepath.Clean(o.MoveTo) == filepath.Clean(o.Dir):
		faults = append(faults, option.Faultf("move_to",
			"finished files of %s need another directory to be moved to, not %q", o.Dir, o.MoveTo))
	}
	return errors.Join(faults...)
}

// NewSpool makes a source of a spool directory. It opens nothing. The error is an
// *option.Fault.
func NewSpool(options SpoolOptions) (*SpoolSource, error) {
	if options.Pattern == "" {
		options.Pattern = "*"
	}
	if err := options.check(); err != nil {
		return nil, err
	}
	if options.Poll <= 0 {
		options.Poll = defaultSpoolPoll
	}
	if options.Logger == nil {
		options.Logger = slog.New(slog.DiscardHandler)
	}
	return &SpoolSource{options: options}, nil
}

// Name is the key of the source.
func (s *SpoolSource) Name() string { return s.options.Name }

// Run reads until the context ends. It fails when the directory or one of its
// files can't be read.
func (s *SpoolSource) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	position, err := parseSpoolPosition(from)
	if err != nil {
		return fmt.Errorf("perfdata spool %s: stored position: %w", s.options.Dir, err)
	}
	lines := newCollector(s.options.Name, s.options.Formats)
	shelf := newShelf(s.options, position)
	defer shelf.close()
	arrived := bell.Watch(s.options.Dir, fsnotify.Create, bell.Company, s.options.Logger)
	defer arrived.Close()
	if _, err := shelf.scan(); err != nil {
		return fmt.Errorf("perfdata spool: %w", err)
	}
	r := &spoolRun{dir: s.options.Dir, shelf: shelf, lines: lines, emit: emit, meter: &s.Meter, resume: position}
	g, running := errgroup.WithContext(ctx)
	g.Go(func() error { return shelf.watch(running, arrived.Rings()) })
	g.Go(func() error { return r.read(running) })
	if err := g.Wait(); err != nil && ctx.Err() == nil {
		return fmt.Errorf("perfdata spool: %w", err)
	}
	return nil
}

// spoolRun is one Run of a SpoolSource. It reads the files of the shelf.
type spoolRun struct {
	dir    string
	shelf  *shelf
	lines  *collector
	emit   supervision.Emit
	meter  *supervision.Meter
	resume spoolPosition
	// resumed: it is known whether the file that was read in part is there.
	resumed bool

	// The file that was read last, for the meter.
	path         string
	offset, size int64

	// finished are the files whose last lines are in the batch or before.
	finished []finishedFile
}

type finishedFile struct {
	path string
	id   fileID
}

// missResumed rejects the rest of a file that an earlier run has read only in part,
// if the file was removed since. Another directory without any file may be one on
// which the right one has still to be mounted.
func (r *spoolRun) missResumed(ctx context.Context) error {
	if r.resumed {
		return nil
	}
	gone, known := r.shelf.lacks(r.resume.Reading)
	r.resumed = known
	if !gone || r.resume.Reading == 0 {
		return nil
	}
	from := place{file: filepath.Join(r.dir, r.resume.Name)}
	r.lines.reject(nil, from, r.resume.Offset, reasonGone)
	return r.hand(ctx, spoolPosition{})
}

func (r *spoolRun) read(ctx context.Context) error {
	if err := r.missResumed(ctx); err != nil {
		return err
	}
	var reported time.Time
	for {
		f, quiet := r.shelf.take()
		switch {
		case f != nil:
			err := r.missResumed(ctx)
			if err == nil {
				err = r.readFile(ctx, f)
			}
			f.file.Close()
			if err != nil {
				return err
			}
		case len(r.finished) > 0:
			if err := r.hand(ctx, spoolPosition{}); err != nil {
				return err
			}
		case quiet.After(reported):
			r.lines.batch.EndSeen = quiet
			if err := r.emitBatch(ctx); err != nil {
				return err
			}
			reported = quiet
		default:
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-r.shelf.scanned:
			}
		}
	}
}

// readFile reads a file, from the place where an earlier run stopped.
func (r *spoolRun) readFile(ctx context.Context, f *spoolFile) error {
	var buffer lineBuffer
	if f.id == r.resume.Reading {
		if _, err := f.file.Seek(r.resume.Offset, io.SeekStart); err != nil {
			return err
		}
		buffer.offset = r.resume.Offset
	}
	from := place{ref: f.id.String(), file: f.file.Name()}
	r.path, r.size = f.file.Name(), f.size
	for {
		_, err := buffer.fill(f.file.Read)
		buffer.cut(func(line []byte, offset int64) {
			r.lines.add(line, from, offset)
		}, func(line []byte, offset int64) {
			r.lines.reject(line, from, offset, reasonTooLong)
		})
		r.offset = buffer.offset
		r.size = max(r.size, r.offset)
		if errors.Is(err, io.EOF) {
			info, err := f.file.Stat()
			if err != nil {
				return err
			}
			if info.Size() <= buffer.offset+int64(len(buffer.buf)) {
				return r.finish(ctx, f, identify(info), from, &buffer)
			}
		} else if err != nil {
			return err
		}
		if r.lines.full() {
			at := spoolPosition{Reading: f.id, Name: filepath.Base(f.file.Name()), Offset: buffer.offset}
			if open := r.lines.open; open != nil {
				at.Offset = open.Offset // it is read again from its first line
			}
			if err := r.hand(ctx, at); err != nil {
				return err
			}
		}
	}
}

// finish counts a file as read. Small files share a batch. The file has another
// id now if it was written to while it was read.
func (r *spoolRun) finish(ctx context.Context, f *spoolFile, id fileID, from place, buffer *lineBuffer) error {
	r.lines.settle()
	if len(buffer.buf) > 0 {
		r.lines.reject(buffer.buf, from, buffer.offset, reasonNoLF)
	}
	if id != f.id {
		r.shelf.grown(f.id, id)
	}
	r.shelf.setState(id, finished)
	r.finished = append(r.finished, finishedFile{f.file.Name(), id})
	if r.lines.full() || len(r.finished) >= r.shelf.most {
		return r.hand(ctx, spoolPosition{})
	}
	return nil
}

// hand emits the batch with a position: the file that is being read, if any, and
// what the shelf knows of the others. Then it disposes of those that are
// finished.
func (r *spoolRun) hand(ctx context.Context, p spoolPosition) error {
	p.Done, p.Forgotten, p.Dir = r.shelf.done()
	encoded, err := json.Marshal(p)
	if err != nil {
		return err
	}
	r.lines.batch.Position = encoded
	if err := r.emitBatch(ctx); err != nil {
		return err
	}
	for _, f := range r.finished {
		r.shelf.setState(f.id, stored)
		r.shelf.dispose(f.path, f.id)
	}
	r.finished = r.finished[:0]
	return nil
}

// emitBatch emits the batch as it is, and begins the next one.
func (r *spoolRun) emitBatch(ctx context.Context) error {
	if err := r.emit(ctx, r.lines.batch); err != nil {
		return err
	}
	r.meter.Handed(r.lines.batch, r.path, r.offset, r.size)
	r.lines.reset()
	return nil
}
