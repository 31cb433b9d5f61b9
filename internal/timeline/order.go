package timeline

import (
	"sync"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// silence is how long a reader may neither bring a record nor be seen at its end
// until the others no longer wait for it.
const silence = 10 * time.Second

// burstSpan is how many seconds the records of one batch may span that a reader at
// its end hands over.
const burstSpan = 2

// longRead is after how long a reader that hands records over, and does not come to its
// end, is taken to catch up. One that is at its end says so four times a second.
const longRead = 2 * time.Second

// Order decides when the records of the readers may enter. It is safe for
// concurrent use.
//
// Two clocks are used, and never compared. Our clock: a reader that was seen at
// its end at a moment has reported everything that was written before. The
// supervisor's stamps: a reader that catches up has reported everything before
// the second of its last record.
type Order struct {
	mu      sync.Mutex
	readers map[string]*progress
}

// progress is how far a reader is.
type progress struct {
	Reader
	runs  bool
	heard time.Time // when it last handed something over
	// endSeen is when it was last seen at its end. It is zero while the reader
	// catches up.
	endSeen time.Time
	latest  int64 // the greatest stamp that has entered (unix seconds)
	// waits: it has records to hand over, the first of them of the second head. They
	// are a burst if they span so much that nobody can have looked meanwhile.
	waits, burst bool
	head         int64
}

// NewOrder returns the order of readers that have not begun.
func NewOrder(readers []Reader) *Order {
	o := &Order{readers: map[string]*progress{}}
	for _, r := range readers {
		o.readers[r.Name] = &progress{Reader: r}
	}
	return o
}

// Begins notes that a reader runs, Stops that it doesn't: nobody waits for it. It
// is never taken for one that has read everything.
func (o *Order) Begins(name string, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.readers[name]; p != nil {
		*p = progress{Reader: p.Reader, runs: true, heard: now, latest: p.latest}
	}
}

// Stops notes that a reader has failed or ended.
func (o *Order) Stops(name string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if p := o.readers[name]; p != nil {
		p.runs, p.waits, p.endSeen = false, false, time.Time{}
	}
}

// Done notes that a batch has entered to its end. A burst without EndSeen comes from
// a reader that catches up, and so does what is read long after the end was seen.
func (o *Order) Done(name string, endSeen, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	if p == nil {
		return
	}
	if !endSeen.IsZero() || p.burst || now.Sub(p.endSeen) > longRead {
		p.endSeen = endSeen
	}
	p.waits, p.burst, p.heard = false, false, now
}

// Admit returns how many of the records that a reader has read may enter at the
// moment now, in their order. They were read at the moment read.
func (o *Order) Admit(name string, records []supervision.Record, read, now time.Time) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	if p == nil || p.NeverWaits || p.View == Everything {
		return len(records)
	}
	n, latest := 0, p.latest
	p.waits, p.head = true, stampOf(&records[0], latest, now)
	p.burst = p.burst || stampOf(&records[len(records)-1], p.head, now) > p.head+burstSpan
	for n < len(records) {
		at := stampOf(&records[n], latest, now)
		if !o.mayPass(p, at, read, now) {
			break
		}
		n, latest = n+1, at
	}
	return n
}

// Entered notes that records have been judged. Until then the others don't pass
// them.
func (o *Order) Entered(name string, records []supervision.Record, now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	if p == nil {
		return
	}
	p.waits, p.heard = false, now
	for i := range records {
		p.latest = stampOf(&records[i], p.latest, now)
	}
}

// stampOf returns the stamp by which a record is merged: in one reader's own order
// none is before the one in front of it, and one ahead of our clock is not used.
func stampOf(rec *supervision.Record, latest int64, now time.Time) int64 {
	at := rec.Time.Unix()
	if at > now.Unix()+ahead {
		return latest
	}
	return max(at, latest)
}

// mayPass reports whether a record of a second, read at a moment, may enter before
// what the others have still to bring.
func (o *Order) mayPass(p *progress, at int64, read, now time.Time) bool {
	for _, q := range o.readers {
		if q == p || q.View == Snapshot || !o.counts(q, now) {
			continue
		}
		if !p.mayPass(q, at, read) {
			return false
		}
	}
	return true
}

func (p *progress) mayPass(q *progress, at int64, read time.Time) bool {
	switch {
	case p.View == Snapshot:
		// The status file is judged when all others have read what had been written
		// by then.
		return !q.endSeen.IsZero() && !q.endSeen.Before(read)
	case q.View == Everything:
		// A module that is the source no more may have left records that nobody has
		// read yet.
		return at < q.latest || !q.endSeen.IsZero()
	case at < q.latest, q.waits && at < q.head:
		return true // it has nothing older to bring
	case q.waits && (p.burst || q.burst || q.endSeen.IsZero()):
		// Of two that catch up, the older record goes first; in one second the log.
		return at == q.head && p.View <= q.View
	case q.endSeen.IsZero():
		return false
	case p.burst, p.View == Complete && !p.HasState && q.View == Changes:
		// The machine stood still, or the supervisor wrote late: so may the other. Or
		// the log has the states, and is written first.
		return !q.endSeen.Before(read)
	}
	return true
}

// counts reports whether a reader is to be waited for.
func (o *Order) counts(q *progress, now time.Time) bool {
	return q.runs && (q.waits || now.Sub(q.heard) < silence)
}

// reads reports whether a reader works; a timeline without an order takes all
// readers to work.
func (o *Order) reads(name string) bool {
	if o == nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	return p != nil && p.runs
}

// isLive reports whether a reader has been seen at its end.
func (o *Order) isLive(name string) bool {
	if o == nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	return p != nil && p.runs && !p.endSeen.IsZero()
}

// readsChanges reports whether the log can be read.
func (o *Order) readsChanges() bool {
	if o == nil {
		return true
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range o.readers {
		if p.View == Changes && p.runs {
			return true
		}
	}
	return false
}

// before reports whether a reader has something at hand of up to a second, or has
// not come to it yet: it catches up, or was not at its end since a moment.
func (o *Order) before(name string, at int64, since, now time.Time) bool {
	if o == nil {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	p := o.readers[name]
	if p == nil || !o.counts(p, now) {
		return false
	}
	return p.waits && p.head <= at || p.latest < at && (p.endSeen.IsZero() || p.endSeen.Before(since))
}
