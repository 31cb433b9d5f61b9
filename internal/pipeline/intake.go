package pipeline

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/arbiter"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
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
	whatNotSent       = "record not sent"
	whatNotServed     = "event not stored: no target takes its route"
	whatRepaired      = "field repaired"
	whatSkipped       = "input skipped"
	whatQuarantined   = "input quarantined"
	whatNotKept       = "input lost: it can't be quarantined"
	whatForgotten     = "stored memory of an object can't be read"
	whatNeverSendable = "event quarantined: it can never be sent"
)

// intake is the way of one site's batches to durable commits.
type intake struct {
	site       string
	scope      outbox.Scope
	outbox     Outbox
	mapper     *eventmap.Mapper
	inventory  supervision.Inventory
	quarantine Quarantine
	tally      *tally.Tally
	serves     func(outbox.Route) bool
	now        func() time.Time

	// mu makes the order in which records are judged the order in which their
	// events are stored.
	mu      sync.Mutex
	arbiter *arbiter.Arbiter
}

// position returns the stored position of a source.
func (in *intake) position(source string) ([]byte, error) {
	from, err := in.outbox.Position(in.scope.Key(source))
	if err != nil {
		return nil, fmt.Errorf("stored position of %s: %w", source, err)
	}
	return from, nil
}

// restore brings the arbiter's memory back. A state that can't be read is
// forgotten: the object's state is then sent anew.
func (in *intake) restore() error {
	return in.outbox.States(in.scope, func(key string, value []byte) error {
		if err := in.arbiter.Remember(key, value); err != nil {
			in.tally.Add(tally.Notable, in.key(whatForgotten, "", "", ""), 1, err.Error())
		}
		return nil
	})
}

func (in *intake) key(what, source, kind, reason string) tally.Key {
	return tally.Key{What: what, Site: in.site, Source: source, Kind: kind, Reason: reason}
}

// take maps and stores one batch of a feed, and returns when it is durable.
func (in *intake) take(ctx context.Context, f Feed, b supervision.Batch) error {
	source := f.Source.Name()
	for why, n := range b.Skipped {
		in.tally.Add(tally.Quiet, in.key(whatSkipped, source, "", why), n, "")
	}
	in.setAside(b.Rejected)
	if len(b.Records) == 0 && b.Position == nil {
		return nil
	}
	wait, err := in.store(ctx, f, source, b)
	if err != nil {
		return err
	}
	return wait(ctx)
}

// store judges, maps and stores a batch. wait returns when it is durable.
func (in *intake) store(
	ctx context.Context, f Feed, source string, b supervision.Batch,
) (wait func(context.Context) error, err error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	t := turn{
		intake: in, source: source, mapper: in.mapper, unjudged: f.Unjudged,
		events: make([]outbox.Event, 0, len(b.Records)),
	}
	if f.Mapper != nil {
		t.mapper = f.Mapper
	}
	for i := range b.Records {
		t.record(&b.Records[i])
	}
	t.countStored()
	c := outbox.Commit{Source: in.scope.Key(source), Position: b.Position, Events: t.events}
	in.arbiter.Flush(func(key string, value []byte) {
		c.States = append(c.States, outbox.State{Key: in.scope.Key(key), Value: value})
	})
	if wait, err = in.outbox.Store(ctx, c); err != nil {
		return nil, fmt.Errorf("storing %d events of %s: %w", len(c.Events), source, err)
	}
	return wait, nil
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
