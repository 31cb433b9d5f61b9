package amqp

import (
	"context"
	"math/rand/v2"
	"time"
)

// retry makes the pauses between attempts: random up to a bound ("full
// jitter"), so that many connectors do not come back in step, and the bound
// doubles from min to max with each attempt.
type retry struct {
	min, max time.Duration
	bound    time.Duration // 0: the first
}

// wait pauses; it returns early when the context ends.
func (r *retry) wait(ctx context.Context) {
	r.bound = min(max(r.min, 2*r.bound), r.max)
	timer := time.NewTimer(rand.N(r.bound))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// reset starts from the shortest pause again.
func (r *retry) reset() { r.bound = 0 }
