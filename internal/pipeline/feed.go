package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Feed is a source and what the others are to it.
type Feed struct {
	Source  supervision.Source
	Witness arbiter.Witness // its Name is the source's
	Waits   []Wait
	// Unjudged: the records are no supervisor's view (a heartbeat, events that
	// others hand in). All of them are sent, in their order; no reader of the
	// site is compared with them.
	Unjudged bool
	// Mapper maps the records of this feed; nil: the site's. It is for a feed
	// that has a connector or connector_name of its own.
	Mapper *eventmap.Mapper
}

// FeedStatus is how a feed does at a moment.
type FeedStatus struct {
	Name    string
	Running bool      // false: it failed, and is started again after a pause
	Since   time.Time // when Running last changed; zero: it has not begun
	Records uint64    // handed over since the pipeline began
	// LastRecords is when records were last handed over; zero: never.
	LastRecords time.Time
	// Err is why it last failed, nil if it never did; ErrAt is when.
	Err   error
	ErrAt time.Time
	supervision.Progress
}

// feed is a feed that runs.
type feed struct {
	Feed
	now func() time.Time

	mu     sync.Mutex
	status FeedStatus
}

func newFeed(f Feed, now func() time.Time) *feed {
	return &feed{Feed: f, now: now, status: FeedStatus{Name: f.Source.Name()}}
}

// report returns the feed's status.
func (f *feed) report() FeedStatus {
	f.mu.Lock()
	s := f.status
	f.mu.Unlock()
	s.Progress = supervision.Progress{Offset: -1, Size: -1}
	if gauge, ok := f.Source.(supervision.Gauge); ok {
		s.Progress = gauge.Progress()
	}
	return s
}

func (f *feed) note(change func(s *FeedStatus, now time.Time)) {
	now := f.now()
	f.mu.Lock()
	defer f.mu.Unlock()
	change(&f.status, now)
}

func (f *feed) begins() {
	f.note(func(s *FeedStatus, now time.Time) { s.Running, s.Since = true, now })
}

func (f *feed) failed(err error) {
	f.note(func(s *FeedStatus, now time.Time) { s.Running, s.Since, s.Err, s.ErrAt = false, now, err, now })
}

func (f *feed) handedOver(records int) {
	if records > 0 {
		f.note(func(s *FeedStatus, now time.Time) { s.Records, s.LastRecords = s.Records+uint64(records), now })
	}
}

// run runs the source from its stored position.
func (p *Pipeline) run(ctx context.Context, f *feed) error {
	name := f.Source.Name()
	p.barrier.runs(name, true)
	defer p.barrier.runs(name, false)
	from, err := p.intake.position(name)
	if err != nil {
		return err
	}
	f.begins()
	return f.Source.Run(ctx, from, func(ctx context.Context, b supervision.Batch) error {
		if len(b.Records) > 0 {
			if err := p.barrier.pass(ctx, name, f.Waits, p.cfg.Now()); err != nil {
				return err
			}
		}
		if err := p.intake.take(ctx, f.Feed, b); err != nil {
			return err
		}
		f.handedOver(len(b.Records))
		p.barrier.reached(name, b.EndSeen)
		return nil
	})
}
