package statusdat

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	sourceName  = "status"
	defaultPoll = time.Second
)

// Options are the settings of a Source.
type Options struct {
	// Path of the status file, as status_file in nagios.cfg.
	Path string
	// Poll is the time between two looks at the file; zero means a second.
	// Where the kernel reports changes, a new file is read at once.
	Poll   time.Duration
	Logger *slog.Logger
}

// Source reads a status file, and each one that replaces it.
type Source struct {
	path  string
	poll  time.Duration
	log   *slog.Logger
	gauge gauge
}

var (
	_ supervision.Source = (*Source)(nil)
	_ supervision.Gauge  = (*Source)(nil)
)

// New makes a source; it does nothing before Run.
func New(o Options) *Source {
	if o.Poll <= 0 {
		o.Poll = defaultPoll
	}
	s := &Source{path: o.Path, poll: o.Poll, log: o.Logger.With("path", o.Path)}
	s.gauge.progress = supervision.Progress{Path: o.Path, Offset: -1, Size: -1}
	return s
}

// Name is the key of the source's position.
func (s *Source) Name() string { return sourceName }

// Progress returns how far the source has read. A status file is read whole, so
// there is no offset; the size is that of the last file that was read, -1 before
// the first.
func (s *Source) Progress() supervision.Progress { return s.gauge.read() }

// Run reads the file, and then each new one, until ctx ends.
func (s *Source) Run(ctx context.Context, from []byte, emit supervision.Emit) error {
	changes := s.watch()
	defer changes.close()
	ticker := time.NewTicker(s.poll)
	defer ticker.Stop()
	r := s.newRun(from, emit)
	for {
		again, err := r.look(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			return err
		case again:
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-changes.seen:
		case <-ticker.C:
		}
	}
}

func (s *Source) newRun(from []byte, emit supervision.Emit) *run {
	memory, err := snapshot.Restore(from)
	if err != nil {
		s.log.Error("the stored position can't be used; all acknowledgements, comments and downtimes are sent again", "err", err)
		memory = snapshot.New()
	}
	return newRun(s.path, s.log, memory, emit, &s.gauge)
}

// gauge holds the progress for those who ask from other goroutines.
type gauge struct {
	mu       sync.Mutex
	progress supervision.Progress
}

func (g *gauge) read() supervision.Progress {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.progress
}

// fileRead notes the size of a file that was read whole, and the newest record
// so far.
func (g *gauge) fileRead(size int64, newest time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress.Size, g.progress.Newest = size, newest
}

func (g *gauge) endSeen(at time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.progress.EndSeen = at
}
