package pipeline

import (
	"context"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Forget is what lets go of objects that the supervisor does not have any more. Its
// zero value lets go of none.
type Forget struct {
	// After is how long ago the last report of an object must be. 0: never.
	After time.Duration
	// Lacks reports whether an object is missing from a list of all of them.
	Lacks func(supervision.Entity) bool
}

const (
	// forgetEvery is the time between two looks for objects that are gone.
	forgetEvery = time.Hour
	// forgetAtOnce bounds how many objects one commit forgets.
	forgetAtOnce = 10_000
)

// forgetGone forgets objects that are gone, until the context ends.
func (p *Pipeline) forgetGone(ctx context.Context) error {
	tick := time.NewTicker(forgetEvery)
	defer tick.Stop()
	for {
		total := 0
		for more := true; more; {
			n, err := p.intake.forget(ctx, p.cfg.Forget)
			if err != nil {
				return err
			}
			total, more = total+n, n == forgetAtOnce
		}
		if total > 0 {
			p.cfg.Logger.Info("forgot objects that the object cache has no more", "count", total)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// forget forgets some objects, and returns when that is durable.
func (in *intake) forget(ctx context.Context, f Forget) (int, error) {
	n, wait, err := in.storeForgotten(ctx, f)
	if err != nil {
		return n, err
	}
	return n, wait(ctx)
}

func (in *intake) storeForgotten(ctx context.Context, f Forget) (int, func(context.Context) error, error) {
	in.mu.Lock()
	defer in.mu.Unlock()
	n := in.timeline.Forget(f.Lacks, in.now().Add(-f.After), forgetAtOnce)
	if n == 0 {
		return 0, stored, nil
	}
	wait, err := in.commit(ctx, outbox.Commit{Source: in.scope.Key(heldSource)})
	return n, wait, err
}
