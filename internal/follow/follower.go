package follow

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/bell"
)

// Deliver takes a chunk over. It returns nil when the lines and the position
// are durable, and may block; an error ends Run. The chunk's memory may be
// reused when it has returned.
type Deliver func(ctx context.Context, c Chunk) error

// Follower follows one path.
type Follower struct {
	options Options
	asked   chan struct{}
}

// New prepares a follower; it opens nothing and starts nothing.
func New(o Options) *Follower {
	return &Follower{options: o.withDefaults(), asked: make(chan struct{}, 1)}
}

// Look makes a follower that waits look at the file now, and report by EndSeen that
// it is at the end. It may be called from any goroutine.
func (f *Follower) Look() {
	select {
	case f.asked <- struct{}{}:
	default: // it is about to look
	}
}

// Run follows the path from a position (nil: there is none yet) until the
// context ends, and returns nil then. It calls deliver from its own goroutine. At
// every Options.Poll it reports by EndSeen that it is at the end of the stream, in
// a chunk without lines if none has come just then. An error means that the file,
// its directory or an archive could not be read, or that deliver failed: start
// again later, from the position that was stored last.
func (f *Follower) Run(ctx context.Context, from *Position, deliver Deliver) error {
	written := bell.WatchFile(f.options.Path, f.options.Company, f.options.Logger)
	defer written.Close()
	s := &stream{Options: f.options, deliver: deliver, written: written.Rings(), asked: f.asked}
	defer s.close()
	if err := s.open(from); err != nil {
		return err
	}
	err := s.follow(ctx)
	if ctx.Err() != nil {
		return nil
	}
	return err
}
