package bell

import (
	"context"
	"time"
)

// Pace keeps a reader from handing over more often than once every Company. Its
// zero value is ready.
type Pace struct{ last time.Time }

// Wait is called when there is something to read, before it is read. It
// returns at once after a silence, else when Company has passed since it
// returned the last time, or when the context ends.
func (p *Pace) Wait(ctx context.Context) {
	if rest := Company - time.Since(p.last); rest > 0 {
		timer := time.NewTimer(rest)
		select {
		case <-ctx.Done():
		case <-timer.C:
		}
		timer.Stop()
	}
	p.last = time.Now()
}
