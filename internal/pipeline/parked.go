package pipeline

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
)

// An event that can never be sent, while the quarantine can't be written, is parked:
// it goes on the journal's list of states, under a scope that no site can have. So
// nothing is lost, and the events behind it don't wait.
const (
	parkedScope outbox.Scope = "parked events"
	// mostParked bounds the parked events of one target. Beyond it the target waits
	// for the quarantine.
	mostParked = 1000
	// parkedBytes is what is kept of a body, as much as the quarantine keeps.
	parkedBytes = 64 << 10
	// unparkEvery is the time between two attempts to write parked events.
	unparkEvery = time.Minute
)

func parkedKey(target string, id int64) string { return target + "/" + strconv.FormatInt(id, 10) }

// park keeps an item that the quarantine has refused.
func (q *queue) park(ctx context.Context, id int64, item supervision.Rejected, refusal error) error {
	parked, err := q.parked()
	if err != nil {
		return errors.Join(refusal, err)
	}
	if len(parked) >= mostParked {
		return fmt.Errorf("%d events are parked already: %w", len(parked), refusal)
	}
	if len(item.Raw) > parkedBytes {
		item.Reason += fmt.Sprintf(" (%d bytes of the body are cut off)", len(item.Raw)-parkedBytes)
		item.Raw = item.Raw[:parkedBytes]
	}
	value, err := json.Marshal(item)
	if err != nil {
		return errors.Join(refusal, err)
	}
	if err := q.setParked(ctx, parkedKey(q.target, id), value); err != nil {
		return errors.Join(refusal, err)
	}
	q.someParked.Store(true)
	q.tally.Add(tally.Notable, tally.Key{What: whatParked, Source: q.target}, 1, refusal.Error())
	return nil
}

// setParked keeps a value, or forgets it if it is nil, and returns when that is
// durable.
func (q *queue) setParked(ctx context.Context, key string, value []byte) error {
	wait, err := Journal{q.journal}.Store(ctx, outbox.Commit{
		Source: parkedScope.Key(q.target),
		States: []outbox.State{{Key: parkedScope.Key(key), Value: value}},
	})
	if err != nil {
		return err
	}
	return wait(ctx)
}

// parked returns the parked items of the target by their keys.
func (q *queue) parked() (map[string][]byte, error) {
	parked := map[string][]byte{}
	err := q.journal.States(parkedScope, func(key string, value []byte) error {
		if strings.HasPrefix(key, q.target+"/") {
			parked[key] = value
		}
		return nil
	})
	return parked, err
}

// unpark writes parked events into the quarantine, again and again until the context
// ends.
func (q *queue) unpark(ctx context.Context, every time.Duration) {
	again := time.NewTicker(every)
	defer again.Stop()
	q.someParked.Store(true) // by a run before, perhaps
	for {
		if q.someParked.Swap(false) {
			if err := q.unparkNow(ctx); err != nil {
				q.someParked.Store(true)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-again.C:
		}
	}
}

// unparkNow writes what is parked, up to the first item that is refused. A crash in
// between writes one twice.
func (q *queue) unparkNow(ctx context.Context) error {
	parked, err := q.parked()
	if err != nil {
		return err
	}
	for key, value := range parked {
		var item supervision.Rejected
		if err := json.Unmarshal(value, &item); err != nil {
			item = supervision.Rejected{Source: q.target, Where: key, Reason: "parked: " + err.Error(), Raw: value}
		}
		if err := q.quarantine.Add(item); err != nil {
			return err
		}
		// Written is written, also when the context ends now.
		if err := q.setParked(context.WithoutCancel(ctx), key, nil); err != nil {
			return err
		}
	}
	return nil
}
