package pipeline

import (
	"context"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// gate holds the feeds back until their records may enter the timeline.
type gate struct {
	order *timeline.Order
	now   func() time.Time
	look  func() // makes the feeds look that others may wait for

	mu      sync.Mutex
	changed chan struct{} // closed and replaced when a feed has got farther
}

func newGate(order *timeline.Order, now func() time.Time, look func()) *gate {
	return &gate{order: order, now: now, look: look, changed: make(chan struct{})}
}

// recheck bounds the wait for a reader that shows no sign of life.
const recheck = time.Second

// admit returns how many of a feed's records may enter, at least one. It returns
// when one may, or when the context has ended.
func (g *gate) admit(ctx context.Context, feed string, records []supervision.Record, read time.Time) (int, error) {
	for waited := false; ; waited = true {
		g.mu.Lock()
		changed := g.changed
		n := g.order.Admit(feed, records, read, g.now())
		g.mu.Unlock()
		if n > 0 || !waited {
			g.wake() // the others know now what this feed has
		}
		if n > 0 {
			return n, nil
		}
		if !waited {
			g.look()
		}
		timer := time.NewTimer(recheck)
		select {
		case <-ctx.Done():
			timer.Stop()
			return 0, ctx.Err()
		case <-changed:
			timer.Stop()
		case <-timer.C:
		}
	}
}

// wake lets the feeds that wait look again.
func (g *gate) wake() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.changed)
	g.changed = make(chan struct{})
}

func (g *gate) begins(feed string) {
	g.order.Begins(feed, g.now())
	g.wake()
}

func (g *gate) stops(feed string) {
	g.order.Stops(feed)
	g.wake()
}

// entered notes that records of a feed have been judged.
func (g *gate) entered(feed string, records []supervision.Record) {
	g.order.Entered(feed, records, g.now())
	g.wake()
}

// done notes that a feed's batch has entered, and whether the feed was at its end.
func (g *gate) done(feed string, endSeen time.Time) {
	g.order.Done(feed, endSeen, g.now())
	g.wake()
}
