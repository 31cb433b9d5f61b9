package pipeline

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// Feed is a source and what the others are to it.
type Feed struct {
	Source supervision.Source
	Reader timeline.Reader // its Name is the source's
	// Unjudged: the records are no supervisor's view (a heartbeat, events that
	// others hand in). All of them are sent, in their order; no reader of the
	// site is compared with them.
	Unjudged bool
	// Mapper maps the records of this feed; nil: the site's. It is for a feed
	// that has a connector or connector_name of its own.
	Mapper *eventmap.Mapper
}

// asked is a source of the present state that reports, beside what has changed in
// it, the objects for which it is asked.
type asked interface {
	Ask(which func() []supervision.Entity)
}

// looker is a source that looks at its file when it is asked to.
type looker interface{ Look() }

// look makes the sources look that can, because a feed waits for what they see.
func (p *Pipeline) look() {
	for _, f := range p.feeds {
		if source, ok := f.Source.(looker); ok {
			source.Look()
		}
	}
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
	from, err := p.intake.position(name)
	if err != nil {
		return err
	}
	if !f.Unjudged {
		p.gate.begins(name)
		defer p.gate.stops(name)
	}
	f.begins()
	again := p.intake.again(name)
	return f.Source.Run(ctx, from, func(ctx context.Context, b supervision.Batch) error {
		return p.enter(ctx, f, again.skip(b))
	})
}

// enter takes a batch, in parts if another feed has to go first in between.
func (p *Pipeline) enter(ctx context.Context, f *feed, b supervision.Batch) error {
	name, read := f.Source.Name(), b.Read
	if read.IsZero() {
		read = p.cfg.Now()
	}
	for left := len(b.Records); ; left = len(b.Records) {
		n := left
		if left > 0 && !f.Unjudged {
			var err error
			if n, err = p.gate.admit(ctx, name, b.Records, read); err != nil {
				return err
			}
		}
		part := b
		part.Records = b.Records[:n]
		wait, err := p.intake.take(ctx, f.Feed, part, n == left)
		if err != nil {
			return err
		}
		if n > 0 && !f.Unjudged {
			p.gate.entered(name, part.Records)
		}
		if err := wait(ctx); err != nil {
			return err
		}
		f.handedOver(n)
		if n == left {
			break
		}
		b.Records, b.Rejected, b.Skipped, b.Odd = b.Records[n:], nil, nil, nil
	}
	if !f.Unjudged {
		p.gate.done(name, b.EndSeen)
	}
	return nil
}

// again leaves out what a feed reads again at its start although it has entered. As
// long as the last of these records has not come, they are kept, and the position
// stays where it is: a newer version may read the lines as fewer records, or may not
// have that one. Then all of them are taken: rather twice than never.
type again struct {
	records int
	last    string // Ref

	kept     []supervision.Record
	position []byte // behind them
}

func (a *again) skip(b supervision.Batch) supervision.Batch {
	if a.records == 0 {
		return b
	}
	if b.Position != nil {
		a.position = b.Position
	}
	last := slices.IndexFunc(b.Records, func(rec supervision.Record) bool { return rec.Ref == a.last })
	switch isThere := last >= 0; {
	case isThere:
		b.Records = b.Records[last+1:]
	case len(a.kept)+len(b.Records) < a.records && b.EndSeen.IsZero():
		a.keep(b.Records)
		a.position = slices.Clone(a.position)
		b.Records, b.Position = nil, nil
		return b
	default:
		b.Records = append(a.kept, b.Records...)
	}
	b.Position = a.position
	*a = again{}
	return b
}

// keep copies records, whose memory belongs to their source.
func (a *again) keep(records []supervision.Record) {
	for i := range records {
		one, _, err := supervision.DecodeRecord(supervision.AppendRecord(nil, &records[i]))
		if err != nil {
			panic(err) // what was encoded just now can be decoded
		}
		a.kept = append(a.kept, one)
	}
}
