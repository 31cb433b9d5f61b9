package sources

import (
	"context"
	"errors"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

const (
	// floor is the shortest time between two polls.
	floor = time.Second
	// longestPause is that between two attempts to reach a server.
	longestPause = time.Minute
	// maxEarly is how many times in a row a server may answer at once although nothing
	// has changed, until it is taken for one that does not wait.
	maxEarly = 5
)

// rest waits for the next poll. Where the server waits for a trigger, a change of
// state ends the rest, but not before the floor. The connection is not idle meanwhile,
// so a wait never lasts longer than the server needs to stop (livestatus.MaxWait).
func (r *run) rest(ctx context.Context, began time.Time, failed bool) {
	if failed {
		sleep(ctx, r.pause)
		r.pause = min(2*r.pause, longestPause)
		return
	}
	r.pause = floor
	next := began.Add(r.options.Poll)
	if r.server == nil || !r.server.Waits() || r.waits >= maxEarly || r.options.Poll <= floor {
		sleep(ctx, time.Until(next))
		return
	}
	if r.out.Added() > 0 {
		r.waits = 0 // it was worth it
	}
	sleep(ctx, time.Until(began.Add(floor)))
	for ctx.Err() == nil && time.Until(next) > 0 && !r.wait(ctx, next) {
	}
}

// wait lets the server wait for a change of state, and reports whether to look what has
// changed.
func (r *run) wait(ctx context.Context, next time.Time) (look bool) {
	asked, left := time.Now(), min(time.Until(next), livestatus.MaxWait)
	_, err := r.client.Query(ctx, livestatus.Query{
		Table: "status", Columns: []string{"program_start"}, Trigger: "state", Wait: left,
	}, func([]livestatus.Value) error { return nil })
	var refused *livestatus.Error
	switch early := time.Since(asked) < left*9/10; {
	case ctx.Err() != nil:
	case errors.As(err, &refused) && refused.Code != 0:
		r.waits = maxEarly
		r.log.Info("the server does not wait for changes; it is asked at intervals", "err", err)
		sleep(ctx, time.Until(next))
	case err != nil: // it stops, and closes its connections
		return true
	case early:
		if r.waits++; r.waits == maxEarly {
			r.log.Info("the server answers at once instead of waiting for a change; it is asked at intervals")
		}
		return true
	default:
		r.waits = 0
	}
	return false
}

func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(max(d, 0))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
