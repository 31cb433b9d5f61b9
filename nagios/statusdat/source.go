package statusdat

import (
	"context"
	"hash/maphash"
	"log/slog"
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

// Source reads a status file, and each one that replaces it. Its progress has
// the size of the last file that was read, -1 before the first; it has no
// offset, as a status file is read whole.
type Source struct {
	supervision.Meter
	path string
	poll time.Duration
	log  *slog.Logger
	asks func() []supervision.Entity
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
	return &Source{path: o.Path, poll: o.Poll, log: o.Logger.With("path", o.Path)}
}

// Ask sets which objects each reading reports although nothing about them has
// changed: those of which another reader reported what the file may deny. It is
// called before Run.
func (s *Source) Ask(asks func() []supervision.Entity) { s.asks = asks }

// Name is the key of the source's position.
func (s *Source) Name() string { return sourceName }

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
		s.log.Error("the stored position can't be used; all acknowledgements, comments and downtimes are sent again",
			"err", err)
		memory = snapshot.New()
	}
	r := &run{path: s.path, log: s.log, memory: memory, parser: NewParser(), seed: maphash.MakeSeed(), size: -1,
		asks: s.asks, now: time.Now}
	r.out.Emit = func(ctx context.Context, batch supervision.Batch) error {
		if err := emit(ctx, batch); err != nil {
			return err
		}
		s.Handed(batch, s.path, -1, r.size)
		return nil
	}
	return r
}
