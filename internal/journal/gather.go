package journal

import "time"

// A transaction takes at most so much, so that the reserve always suffices to
// bring what the write-ahead log holds into the database.
const (
	groupEvents = 2048
	groupBytes  = 2 << 20
)

// awaitCompany waits a little for more commits, if some are likely to come.
func (w *writer) awaitCompany() {
	if w.failed || w.trouble != nil || w.pressure != nil || len(w.group)+len(w.released) == 0 {
		return
	}
	if len(w.group) == 0 && !w.urgent() && !w.awaitLift() {
		return
	}
	for w.wanted() && !w.urgent() {
		rest := w.company.patience(time.Now())
		if rest <= 0 {
			return
		}
		timer := time.NewTimer(rest)
		select {
		case t := <-w.queue:
			w.join(t, time.Now())
		case r := <-w.releases:
			w.released = append(w.released, r)
		case t := <-w.tasks:
			w.carryOut(t)
		case <-timer.C:
		case <-w.closing:
			timer.Stop()
			return
		}
		timer.Stop()
		w.gather()
	}
}

// awaitLift lets releases that are alone wait for a commit, and reports whether
// there is enough to write: a release needs a transaction like a commit, and a
// small one is not waited for.
func (w *writer) awaitLift() bool {
	late := time.NewTimer(w.company.lift(time.Now()))
	defer late.Stop()
	for {
		select {
		case t := <-w.queue:
			w.join(t, time.Now())
			w.gather()
			return true
		case r := <-w.releases:
			w.released = append(w.released, r)
			if w.urgent() {
				return true
			}
		case t := <-w.tasks:
			w.carryOut(t)
		case <-late.C:
			return false
		case <-w.closing:
			return false
		}
	}
}

// urgent reports whether a release is of so many events that its target works
// off a backlog: its window is full until the release is durable.
func (w *writer) urgent() bool {
	for _, r := range w.released {
		if released, known := w.cursors.of(r.target); known && r.upTo-released >= urgentRelease {
			return true
		}
	}
	return false
}

// wanted reports whether the group is so small that more commits are worth
// waiting for.
func (w *writer) wanted() bool {
	events := 0
	for _, t := range w.group {
		events += len(t.commit.Events)
	}
	return events < enoughEvents
}

func (w *writer) join(t *Ticket, now time.Time) {
	w.group = append(w.group, t)
	w.company.arrived(t.commit.Source, now)
}

// gather takes what else is there, up to the size of a group.
func (w *writer) gather() {
	now := time.Now()
	events, bytes := 0, int64(0)
	for _, t := range w.group {
		events, bytes = events+len(t.commit.Events), bytes+t.size
	}
	for more := true; more && events < groupEvents && bytes < groupBytes; {
		select {
		case t := <-w.queue:
			w.join(t, now)
			events, bytes = events+len(t.commit.Events), bytes+t.size
		default:
			more = false
		}
	}
	for {
		select {
		case r := <-w.releases:
			w.released = append(w.released, r)
		default:
			return
		}
	}
}
