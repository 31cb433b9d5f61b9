package handover

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"time"

	"github.com/fsnotify/fsnotify"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Options describe a spool directory.
type Options struct {
	// Name is the key of the source, such as "module".
	Name string
	// Dir is the directory. It need not exist yet.
	Dir string
	// Watch: read only what is written from now on, and delete nothing.
	Watch bool
	// Poll is the longest time between two looks at the segments. Where inotify
	// works, a write wakes the reader at once. Default 1 s.
	Poll time.Duration
	// Quiet is how long the last segment of a process that is followed by another
	// one must not have been written to before it is deleted. A living module
	// writes at least every half minute. Default 5 minutes.
	Quiet time.Duration
	// Logger receives a line for each module that begins to write, and for each
	// trouble. Default: no log.
	Logger *slog.Logger
}

const (
	defaultPoll  = time.Second
	defaultQuiet = 5 * time.Minute
)

// Source reads the segments of a spool directory. Its progress is the segment
// that is being read, its offset, and as size that offset and all bytes that
// wait behind it, in later segments too.
type Source struct {
	supervision.Meter
	options Options
}

// New returns a source. Nothing is opened before Run.
func New(o Options) *Source {
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	if o.Quiet <= 0 {
		o.Quiet = defaultQuiet
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return &Source{options: o}
}

// Name returns the key of the source.
func (s *Source) Name() string { return s.options.Name }

// Run reads until the context ends. It fails when the directory can't be read. It
// waits for a directory that does not exist.
func (s *Source) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	position, err := ParsePosition(from)
	if err != nil {
		return fmt.Errorf("spool %s: %w", s.options.Dir, err)
	}
	if err := s.awaitDirectory(ctx, emit); err != nil {
		return err
	}
	if ctx.Err() != nil {
		return nil
	}
	written := bell.Watch(s.options.Dir, fsnotify.Create|fsnotify.Write, bell.Company, s.options.Logger)
	defer written.Close()
	r := newSpoolReader(s.options, position, from, emit, &s.Meter)
	defer r.close()
	if s.options.Watch && len(from) == 0 {
		if err := r.skipToEnd(); err != nil {
			return fmt.Errorf("spool %s: %w", s.options.Dir, err)
		}
	}
	tick := time.NewTicker(s.options.Poll)
	defer tick.Stop()
	for {
		if err := r.pass(ctx); err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return fmt.Errorf("spool %s: %w", s.options.Dir, err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		case <-written.Rings():
		}
	}
}

// awaitDirectory waits until the directory is there. Until then there is nothing to
// read.
func (s *Source) awaitDirectory(ctx context.Context, emit supervision.Emit) error {
	tick := time.NewTicker(s.options.Poll)
	defer tick.Stop()
	for first := true; ; first = false {
		began := time.Now()
		_, err := List(s.options.Dir)
		switch {
		case err == nil:
			return nil
		case !errors.Is(err, fs.ErrNotExist):
			return fmt.Errorf("spool: %w", err)
		case first:
			s.options.Logger.Info("the spool directory does not exist yet, waiting for it", "path", s.options.Dir)
		}
		if err := emit(ctx, supervision.Batch{EndSeen: began}); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}
