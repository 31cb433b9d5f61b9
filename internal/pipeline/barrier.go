package pipeline

import (
	"context"
	"sync"
	"time"
)

// Wait makes a feed's batches wait for another feed, so that what one reader
// brings is judged in the knowledge of what the other has read by then.
type Wait struct {
	For  string // the other feed's name
	Once bool   // only until it has come to its end the first time
}

// barrier knows how far each feed has read.
type barrier struct {
	mu      sync.Mutex
	end     map[string]time.Time // the last moment at which a feed had nothing more to read
	running map[string]bool
	waiting map[string][]Wait // what a feed waits for at this moment
	changed chan struct{}     // closed and replaced at each change
}

func newBarrier() *barrier {
	return &barrier{
		end: map[string]time.Time{}, running: map[string]bool{}, waiting: map[string][]Wait{},
		changed: make(chan struct{}),
	}
}

func (b *barrier) set(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	close(b.changed)
	b.changed = make(chan struct{})
}

func (b *barrier) reached(feed string, end time.Time) {
	if !end.IsZero() {
		b.set(func() { b.end[feed] = end })
	}
}

func (b *barrier) runs(feed string, running bool) {
	b.set(func() { b.running[feed] = running })
}

// pass blocks feed until all that it waits for have read everything that was
// there at the moment since. Feeds that don't run, or that wait for this one,
// don't hold it up.
func (b *barrier) pass(ctx context.Context, feed string, waits []Wait, since time.Time) error {
	if len(waits) == 0 {
		return nil
	}
	b.set(func() { b.waiting[feed] = waits })
	defer b.set(func() { delete(b.waiting, feed) })
	for {
		b.mu.Lock()
		ready, changed := b.ready(feed, waits, since), b.changed
		b.mu.Unlock()
		if ready {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changed:
		}
	}
}

func (b *barrier) ready(feed string, waits []Wait, since time.Time) bool {
	for _, w := range waits {
		if !b.running[w.For] || b.waitsFor(w.For, feed) {
			continue
		}
		end, ever := b.end[w.For]
		if !ever || !w.Once && end.Before(since) {
			return false
		}
	}
	return true
}

// waitsFor reports whether a feed waits for another one at this moment.
func (b *barrier) waitsFor(feed, other string) bool {
	for _, w := range b.waiting[feed] {
		if w.For != other {
			continue
		}
		if _, ever := b.end[other]; !w.Once || !ever {
			return true
		}
	}
	return false
}
