package pipeline

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"github.com/nagios2canopsis/nagios2canopsis/internal/journal"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/publish"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// Publisher sends what is in a queue after an id, until the context ends.
type Publisher interface {
	Run(ctx context.Context, q publish.Queue, from int64) error
	// State may be called from any goroutine.
	State() publish.State
}

// Send makes the worker that sends the journal's events through a
// publisher, under the name of its cursor.
func Send(name string, p Publisher, j *journal.Journal, q Quarantine, t *tally.Tally) Worker {
	return Worker{Kind: "target", Name: name, Run: func(ctx context.Context) error {
		from, err := j.Cursor(name)
		if err != nil {
			return fmt.Errorf("reading the cursor of %s: %w", name, err)
		}
		out := &queue{journal: j, target: name, quarantine: q, tally: t}
		parking, stop := context.WithCancel(ctx)
		var unparks sync.WaitGroup
		unparks.Go(func() { out.unpark(parking, unparkEvery) })
		defer unparks.Wait()
		defer stop()
		return p.Run(ctx, out, from)
	}}
}

// queue is the journal as one target sees it.
type queue struct {
	journal    *journal.Journal
	target     string
	quarantine Quarantine
	tally      *tally.Tally
	someParked atomic.Bool // there may be parked events
}

func (q *queue) Next(ctx context.Context, after int64, count, maxBytes int) ([]outbox.Message, error) {
	for {
		entries, err := q.journal.Read(ctx, q.target, after, count, maxBytes)
		if err != nil {
			return nil, err
		}
		if len(entries) == 0 {
			if err := q.journal.Wait(ctx, q.target, after); err != nil {
				return nil, err
			}
			continue
		}
		return entries, nil
	}
}

func (q *queue) Release(ctx context.Context, upTo int64) error {
	return q.journal.Release(ctx, q.target, upTo)
}

// Reject puts an event that can never be sent into quarantine. It leaves the
// journal with the release of the events around it. While the quarantine can't be
// written, it is parked.
func (q *queue) Reject(ctx context.Context, id int64, reason string) error {
	entries, err := q.journal.Read(ctx, q.target, id-1, 1, 1)
	if err != nil {
		return err
	}
	item := supervision.Rejected{Source: q.target, Where: fmt.Sprintf("event %d", id), Reason: reason}
	if len(entries) == 1 && entries[0].ID == id {
		item.Where += " " + entries[0].RoutingKey
		item.Raw = entries[0].Body
	}
	q.tally.Add(tally.Notable, tally.Key{What: whatNeverSendable, Source: q.target}, 1, item.Where+": "+reason)
	if err := q.quarantine.Add(item); err != nil {
		return q.park(ctx, id, item, err)
	}
	return nil
}

// Journal is the journal as the pipeline's outbox.
type Journal struct{ *journal.Journal }

// Store appends a commit.
func (j Journal) Store(ctx context.Context, c outbox.Commit) (func(context.Context) error, error) {
	ticket, err := j.Append(ctx, c)
	if err != nil {
		return nil, err
	}
	return ticket.Wait, nil
}
