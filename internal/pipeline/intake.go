package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// Outbox stores what is to be sent. The journal is one; the preview of the
// tail command, which stores nothing, is another.
type Outbox interface {
	// Position returns the position that is stored under a key, nil if there is
	// none.
	Position(key string) ([]byte, error)
	// States yields the memory that is stored of a site.
	States(scope outbox.Scope, yield func(key string, value []byte) error) error
	// Store makes a commit durable. Calls in one order are stored in that
	// order; wait returns when the commit is durable.
	Store(ctx context.Context, c outbox.Commit) (wait func(context.Context) error, err error)
}

// Quarantine keeps input that can't be read or mapped.
type Quarantine interface {
	Add(...supervision.Rejected) error
}

// What the pipeline counts.
const (
	whatStored        = "event stored"
	whatMarked        = "event stored that is special"
	whatNotSent       = "record not sent"
	whatNotServed     = "event not stored: no target takes its route"
	whatRepaired      = "field repaired"
	whatSkipped       = "input skipped"
	whatOdd           = "odd input, of which the rest is used"
	whatQuarantined   = "input quarantined"
	whatNotKept       = "input lost: it can't be quarantined"
	whatUnheld        = "record judged without waiting for another reader: too many wait"
	whatForgotten     = "stored memory of an object can't be read"
	whatParked        = "event kept in the journal: it can never be sent, and can't be quarantined now"
	whatNeverSendable = "event quarantined: it can never be sent"
)

// intake is the way of one site's batches to durable commits.
type intake struct {
	site       string
	scope      outbox.Scope
	outbox     Outbox
	mapper     *eventmap.Mapper
	mappers    map[string]*eventmap.Mapper // of feeds that have one of their own
	inventory  supervision.Inventory
	quarantine Quarantine
	tally      *tally.Tally
	serves     func(outbox.Route) bool
	now        func() time.Time
	look       func() // makes the feeds look that a record may wait for

	// mu makes the order in which records are judged the order in which their
	// events are stored.
	mu       sync.Mutex
	timeline *timeline.Timeline
	due      chan time.Time // when what is held has to be looked at
}

// mapperOf returns the mapper of a source's records.
func (in *intake) mapperOf(source string) *eventmap.Mapper {
	if own := in.mappers[source]; own != nil {
		return own
	}
	return in.mapper
}

// position returns the stored position of a source.
func (in *intake) position(source string) ([]byte, error) {
	from, err := in.outbox.Position(in.scope.Key(source))
	if err != nil {
		return nil, fmt.Errorf("stored position of %s: %w", source, err)
	}
	return from, nil
}

// again returns what a source reads again from its stored position.
func (in *intake) again(source string) *again {
	in.mu.Lock()
	defer in.mu.Unlock()
	records, last := in.timeline.Again(source)
	return &again{records: records, last: last}
}

// restore brings the timeline's memory back. A memory that can't be read is
// forgotten: the object's state is then sent anew.
func (in *intake) restore() error {
	err := in.outbox.States(in.scope, func(key string, value []byte) error {
		if err := in.timeline.Remember(key, value); err != nil {
			in.tally.Add(tally.Notable, in.key(whatForgotten, "", "", ""), 1, err.Error())
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := in.timeline.Restored(); err != nil {
		return err
	}
	in.announce(in.timeline.Due())
	return nil
}

// doubtful returns the objects whose present state would settle something.
func (in *intake) doubtful() []supervision.Entity {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.timeline.Doubtful()
}

func (in *intake) key(what, source, kind, reason string) tally.Key {
	return tally.Key{What: what, Site: in.site, Source: source, Kind: kind, Reason: reason}
}

// take judges, maps and stores one batch of a feed, or the part of it that may
// enter. wait returns when it is durable.
func (in *intake) take(
	ctx context.Context, f Feed, b supervision.Batch, whole bool,
) (wait func(context.Context) error, err error) {
	source := f.Source.Name()
	for why, n := range b.Skipped {
		in.tally.Add(tally.Quiet, in.key(whatSkipped, source, "", why), n, "")
	}
	for _, odd := range b.Odd {
		in.tally.Add(tally.Notable, in.key(whatOdd, source, "", odd.Reason), 1, odd.Where)
	}
	in.setAside(b.Rejected)
	if len(b.Records) == 0 && b.Position == nil {
		return stored, nil
	}
	in.mu.Lock()
	defer in.mu.Unlock()
	t := turn{
		intake: in, source: source, batch: source, unjudged: f.Unjudged,
		events: make([]outbox.Event, 0, len(b.Records)),
	}
	for i := range b.Records {
		t.record(&b.Records[i])
	}
	if in.timeline.Awaits() {
		in.look()
	}
	in.tally.Add(tally.Notable, in.key(whatUnheld, source, "", ""), in.timeline.Unheld(), "")
	t.countStored()
	c := outbox.Commit{Source: in.scope.Key(source), Events: t.events}
	switch {
	case !whole:
		in.timeline.Entered(source, b.Records)
	case b.Position != nil:
		c.Position = b.Position
		in.timeline.Completed(source)
	}
	return in.commit(ctx, c)
}

// stored is the wait for a commit that has nothing to store.
func stored(context.Context) error { return nil }

// tick judges again what is held, and returns when what leaves is durable.
func (in *intake) tick(ctx context.Context) error {
	wait, err := in.storeHeld(ctx)
	if err != nil {
		return err
	}
	return wait(ctx)
}

func (in *intake) storeHeld(ctx context.Context) (wait func(context.Context) error, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	t := turn{intake: in}
	in.timeline.Tick(in.now(), t.decided)
	return in.commit(ctx, outbox.Commit{Source: in.scope.Key(heldSource), Events: t.events})
}

// heldSource is the source of commits that no reader made.
const heldSource = "held"

// commit stores events with the memory that changed by them. The caller holds mu.
func (in *intake) commit(ctx context.Context, c outbox.Commit) (wait func(context.Context) error, err error) {
	in.timeline.Flush(func(key string, value []byte) {
		c.States = append(c.States, outbox.State{Key: in.scope.Key(key), Value: value})
	})
	in.announce(in.timeline.Due())
	if len(c.Events)+len(c.States) == 0 && c.Position == nil {
		return stored, nil
	}
	if wait, err = in.outbox.Store(ctx, c); err != nil {
		return nil, fmt.Errorf("storing %d events of %s: %w", len(c.Events), c.Source, err)
	}
	return wait, nil
}

// announce sets when what is held has to be looked at next.
func (in *intake) announce(due time.Time) {
	if due.IsZero() {
		return
	}
	select {
	case <-in.due: // replaced by the newer one
	default:
	}
	in.due <- due
}

// setAside puts rejected input into quarantine. Where even that fails, it is
// counted and logged: input that nobody can read must not stop the rest.
func (in *intake) setAside(items []supervision.Rejected) {
	for _, it := range items {
		in.tally.Add(tally.Notable, in.key(whatQuarantined, it.Source, "", ""), 1, it.Where+": "+it.Reason)
	}
	if err := in.quarantine.Add(items...); err != nil {
		in.tally.Add(tally.Notable, in.key(whatNotKept, "", "", ""), len(items), err.Error())
	}
}
