package pipeline

import (
	"context"
	"fmt"
	"slices"
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
	// Position gives the stored position of a source, nil if there is none.
	Position(source string) ([]byte, error)
	// States gives everything that the arbiter is to remember.
	States(yield func(key string, value []byte) error) error
	// Store makes a commit durable. Calls in one order are stored in that
	// order; wait returns when the commit is durable.
	Store(ctx context.Context, c outbox.Commit) (wait func(context.Context) error, err error)
}

// Quarantine keeps input that can't be read or mapped.
type Quarantine interface {
	Add(...supervision.Rejected) error
}

// intake is the way from a batch of records to a durable commit.
type intake struct {
	outbox     Outbox
	mapper     *eventmap.Mapper
	inventory  supervision.Inventory
	quarantine Quarantine
	tally      *tally.Tally
	now        func() time.Time

	// mu makes the order in which records are judged the order in which their
	// events are stored.
	mu      sync.Mutex
	arbiter *arbiter.Arbiter
	events  []outbox.Event // reused
}

// restore gives the arbiter its memory back. A state that can't be read is
// forgotten: the object is then told anew.
func (in *intake) restore() error {
	return in.outbox.States(func(key string, value []byte) error {
		if err := in.arbiter.Remember(key, value); err != nil {
			in.tally.Add(tally.Worth, "stored entity state unreadable", 1, err.Error())
		}
		return nil
	})
}

// take maps and stores one batch of a source, and returns when it is durable.
func (in *intake) take(ctx context.Context, source string, b supervision.Batch) error {
	for why, n := range b.Skipped {
		in.tally.Add(tally.Quiet, source+": "+why, n, "")
	}
	in.setAside(b.Rejected)
	if len(b.Records) == 0 && b.Position == nil {
		return nil
	}
	wait, err := in.store(ctx, source, b)
	if err != nil {
		return err
	}
	return wait(ctx)
}

func (in *intake) store(ctx context.Context, source string, b supervision.Batch) (func(context.Context) error, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	in.events = in.events[:0]
	for i := range b.Records {
		in.record(source, &b.Records[i])
	}
	c := outbox.Commit{Source: source, Position: b.Position, Events: slices.Clone(in.events)}
	in.arbiter.Flush(func(key string, value []byte) {
		c.States = append(c.States, outbox.State{Key: key, Value: value})
	})
	wait, err := in.outbox.Store(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("storing %d events of %s: %w", len(c.Events), source, err)
	}
	return wait, nil
}

// record judges and maps one record, and what follows from it. A downtime for
// a group is one for each of its members.
func (in *intake) record(source string, rec *supervision.Record) {
	if d := rec.Downtime; d != nil && d.Scope != supervision.ScopeEntity {
		members := in.inventory.Members(d.Scope, rec.Entity, d.Group)
		if len(members) == 0 {
			in.tally.Add(tally.Worth, rec.Kind.String()+" for a group without members in the object cache", 1, d.Group+" "+rec.Entity.String())
		}
		for _, member := range members {
			one, of := *rec, *d
			of.Scope, of.Group = supervision.ScopeEntity, ""
			one.Entity, one.Downtime = member, &of
			one.Ref += "#" + member.String()
			in.record(source, &one)
		}
		return
	}
	if in.isPhantom(rec) {
		in.tally.Add(tally.Worth, rec.Kind.String()+" not sent: the supervisor has no such service", 1, rec.Entity.String())
		return
	}
	why, derived := in.arbiter.Judge(rec, source, in.now())
	switch why {
	case arbiter.News:
		in.send(source, rec)
	case arbiter.StateUnknown, arbiter.Outdated:
		in.tally.Add(tally.Worth, rec.Kind.String()+" not sent: "+string(why), 1, rec.Entity.String())
	default:
		in.tally.Add(tally.Quiet, rec.Kind.String()+" not sent: "+string(why), 1, rec.Entity.String())
	}
	for i := range derived {
		in.send(source, &derived[i])
	}
}

// isPhantom tells an order about a service that doesn't exist: the log shows it
// although the supervisor refuses it. The object cache may lag behind, so a
// service of which there was a result exists.
func (in *intake) isPhantom(rec *supervision.Record) bool {
	if rec.Note == nil && rec.Downtime == nil || rec.Entity.IsHost() || in.arbiter.Knows(rec.Entity) {
		return false
	}
	host := supervision.Entity{Host: rec.Entity.Host}
	return in.inventory.Object(host) != nil && in.inventory.Object(rec.Entity) == nil
}

func (in *intake) send(source string, rec *supervision.Record) {
	n := len(in.events)
	flags := in.arbiter.Flags(rec.Entity)
	var out eventmap.Outcome
	in.events, out = in.mapper.Map(in.events, rec, in.inventory, &flags, in.now())
	in.dropUnserved(n, rec)
	in.tally.Add(tally.Quiet, "events of kind "+rec.Kind.String(), len(in.events)-n, "")
	in.account(source, rec, out)
}

// dropUnserved drops the events from n on that no target takes: today's targets
// serve the bus.
func (in *intake) dropUnserved(n int, rec *supervision.Record) {
	served := in.events[:n]
	for _, e := range in.events[n:] {
		if e.Route == outbox.Bus {
			served = append(served, e)
			continue
		}
		in.tally.Add(tally.Quiet, rec.Kind.String()+" not sent: no target serves the route "+string(e.Route), 1, rec.Entity.String())
	}
	in.events = served
}

// account counts what became of a record that was news.
func (in *intake) account(source string, rec *supervision.Record, out eventmap.Outcome) {
	for repair := range out.Repairs.Names() {
		in.tally.Add(tally.Quiet, "repaired: "+repair, 1, rec.Entity.String())
	}
	switch out.Reason {
	case eventmap.Sent:
	case eventmap.Unmappable:
		in.setAside([]supervision.Rejected{{
			Source: source, Where: rec.Ref, Reason: rec.Kind.String() + ": " + out.Detail, Raw: []byte(rec.Entity.String()),
		}})
	case eventmap.StateNotReported:
		in.tally.Add(tally.Worth, rec.Kind.String()+" not sent: "+out.Reason.String(), 1, rec.Entity.String())
	default:
		in.tally.Add(tally.Quiet, rec.Kind.String()+" not sent: "+out.Reason.String(), 1, rec.Entity.String())
	}
}

// setAside puts rejected input into quarantine. Where even that fails, it is
// counted and logged: input that nobody can read must not stop the rest.
func (in *intake) setAside(items []supervision.Rejected) {
	for _, it := range items {
		in.tally.Add(tally.Worth, it.Source+": input quarantined", 1, it.Where+": "+it.Reason)
	}
	if err := in.quarantine.Add(items...); err != nil {
		in.tally.Add(tally.Worth, "input that could not even be quarantined", len(items), err.Error())
	}
}
