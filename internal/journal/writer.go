package journal

import (
	"maps"
	"os"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// A transaction takes at most so much, so that the reserve always suffices to
// bring what the write-ahead log holds into the database.
const (
	groupEvents = 2048
	groupBytes  = 2 << 20
	dropLimit   = 4096 // events deleted in one transaction
)

// writer is the one goroutine that writes. It repeats: wait, write all that
// waits in one transaction, do one small step of each chore.
type writer struct {
	*Journal
	sum     *checksum
	reserve reserve

	tally tally
	first int64 // id of the first event, 0 when there is none
	used  int64 // bytes of pages in use
	free  int64 // bytes of pages not in use, but still in the file

	recent int64 // bytes of states that are not yet folded

	group    []*Ticket  // commits taken from the queue and not yet stored
	released []*release // the same of releases

	failed      bool      // the last write
	repaired    bool      // the file has been replaced since the last good write
	trouble     *trouble  // nil while writing works
	troubleTold time.Time // when trouble was last logged
	pressure    *pressure
	sweep       *sweep
	sweepAt     time.Time // no new sweep for want of room before
	agingAt     time.Time // the next sweep for age
	shrunk      bool      // pages were given back since the last checkpoint
}

func newWriter(j *Journal) (*writer, error) {
	w := &writer{
		Journal: j,
		sum:     newChecksum(),
		reserve: reserve{path: j.opts.Path + ".reserve", size: j.opts.Reserve},
	}
	err := w.open()
	if err != nil && !isDamage(err) && w.reserve.present() {
		// On a full disk SQLite can't even make its shared memory file.
		if err := w.reserve.drop(); err != nil {
			return nil, err
		}
		err = w.open()
	}
	if err != nil {
		return nil, err
	}
	if err := w.reserve.restore(); err != nil {
		w.startTrouble(err)
	}
	w.report()
	return w, nil
}

func (w *writer) run() {
	defer close(w.finished)
	for w.wait() {
		w.write()
		w.tidy()
		w.report()
	}
	w.shutDown()
}

// wait returns when there is something to do, and false when the journal is
// being closed.
func (w *writer) wait() bool {
	queue := w.queue
	if len(w.group) > 0 {
		queue = nil // what is held goes first
	}
	timer := time.NewTimer(w.rest(time.Now()))
	defer timer.Stop()
	select {
	case t := <-queue:
		w.group = append(w.group, t)
	case r := <-w.releases:
		w.released = append(w.released, r)
	case t := <-w.tasks:
		err := t.do(w)
		w.report()
		t.done <- err
	case <-timer.C:
	case <-w.closing:
		return false
	}
	w.gather()
	return true
}

// gather takes what else is there, up to the size of a group.
func (w *writer) gather() {
	events, bytes := 0, int64(0)
	for _, t := range w.group {
		events, bytes = events+len(t.commit.Events), bytes+t.size
	}
	for more := true; more && events < groupEvents && bytes < groupBytes; {
		select {
		case t := <-w.queue:
			w.group = append(w.group, t)
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

// rest is how long there is nothing to do unless something comes.
func (w *writer) rest(now time.Time) time.Duration {
	if w.trouble != nil && !w.trouble.probing && (w.failed || !w.dropsLeft()) {
		return w.trouble.next.Sub(now)
	}
	if w.failed || w.dropsLeft() || w.sweep != nil || w.vacuumDue() || w.shrunk {
		return 0 // failed: the file has been replaced, so once more
	}
	rest := time.Hour
	if len(w.group) > 0 {
		rest = min(rest, w.sweepAt.Sub(now))
	}
	if w.pressure != nil {
		rest = min(rest, time.Second)
	}
	if w.opts.MaxAge > 0 {
		rest = min(rest, w.agingAt.Sub(now))
	}
	return rest
}

// write stores what has room of the group, and the releases, in one
// transaction.
func (w *writer) write() {
	w.probe()
	commits := w.group[:w.admissible()]
	if len(commits) == 0 && len(w.released) == 0 && !w.dropsLeft() {
		w.failed = false
		return
	}
	cursors := w.movedCursors()
	first, missing := w.first, int64(0)
	after, err := w.store.transact(w.sum, w.tally, func(t *transaction) (err error) {
		for name, released := range cursors {
			if released == w.cursors[name] {
				continue
			}
			if err := t.setCursor(name, released); err != nil {
				return err
			}
		}
		if first, err = t.dropReleased(first, floor(cursors), dropLimit); err != nil {
			return err
		}
		if first == 0 {
			missing, t.tally.events = t.tally.events, 0
		}
		for _, c := range commits {
			if err := t.apply(&c.commit); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.measure()
	}
	w.failed = err != nil
	if err != nil {
		w.writeFailed(err, commits)
		return
	}
	if first == 0 && after.lastID > w.tally.lastID {
		first = w.tally.lastID + 1
	}
	w.first = first
	if missing > 0 {
		w.reportLoss("events can't be found any more: the file is damaged", missing)
	}
	w.stored(commits, after, cursors)
}

// measure reads how much of the file is in use.
func (w *writer) measure() (err error) {
	w.used, w.free, err = w.store.size()
	return err
}

// stored tells everybody that a transaction is on the disk.
func (w *writer) stored(commits []*Ticket, after tally, cursors map[string]int64) {
	w.repaired = false
	w.endTrouble()
	w.tally = after
	w.mu.Lock()
	w.cursors = cursors
	w.mu.Unlock()
	w.report()
	w.announce()
	for _, t := range commits {
		w.recent += sizeOfStates(t.commit.States)
		w.finish(t, nil)
	}
	w.group = slices.Delete(w.group, 0, len(commits))
	for _, r := range w.released {
		r.done <- nil
	}
	w.released = w.released[:0]
}

// announce wakes those who wait for events.
func (w *writer) announce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tally.lastID != w.lastID {
		w.lastID = w.tally.lastID
		close(w.changed)
		w.changed = make(chan struct{})
	}
}

func (w *writer) finish(t *Ticket, err error) {
	t.err = err
	t.commit = outbox.Commit{}
	close(t.done)
	w.room.Release(t.held)
}

// movedCursors gives the cursors as they are behind the releases at hand.
func (w *writer) movedCursors() map[string]int64 {
	if len(w.released) == 0 {
		return w.cursors
	}
	moved := maps.Clone(w.cursors)
	for _, r := range w.released {
		if before, known := moved[r.publisher]; known {
			moved[r.publisher] = max(before, min(r.upTo, w.tally.lastID))
		}
	}
	return moved
}

// floor is the id up to which all publishers have released. Nobody has, while
// there are no publishers.
func floor(cursors map[string]int64) int64 {
	if len(cursors) == 0 {
		return 0
	}
	lowest := int64(1<<63 - 1)
	for _, released := range cursors {
		lowest = min(lowest, released)
	}
	return lowest
}

// dropsLeft tells whether there are events that nobody needs any more.
func (w *writer) dropsLeft() bool { return w.first != 0 && w.first <= floor(w.cursors) }

// Pages that events leave behind are used again by the next ones. They are
// given back to the file system when a backlog is gone and the file is made of
// little else, or when the disk is full.
const (
	vacuumAbove       = 8 << 20
	vacuumAboveIfFull = 64 << 10
	vacuumBacklog     = 10_000 // events
	// Up to so many bytes in use, copying them (10 ms a megabyte) is much
	// cheaper than cutting off one free page after the other.
	vacuumWhole = 16 << 20
	walLimit    = 32 << 20
)

func (w *writer) vacuumDue() bool {
	if w.trouble != nil {
		return w.free > vacuumAboveIfFull && !w.failed
	}
	return w.free > max(vacuumAbove, 4*w.used) && w.tally.events <= vacuumBacklog
}

func (w *writer) vacuum() error {
	vacuum := w.store.vacuumStep
	if w.trouble == nil && w.used <= vacuumWhole {
		vacuum = w.store.vacuum
	}
	if _, err := vacuum.Exec(); err != nil {
		return err
	}
	return w.measure()
}

// tidy does one step of each chore that is due.
func (w *writer) tidy() {
	if w.failed {
		return
	}
	var err error
	switch {
	case w.vacuumDue():
		w.shrunk = true
		err = w.vacuum()
	case w.recent > foldAbove:
		err = w.fold()
	case w.shrunk || w.walBytes() > walLimit:
		w.shrunk = false
		w.checkpoint()
	}
	if err == nil {
		err = w.compact()
	}
	if err != nil {
		w.failed = true
		w.writeFailed(err, nil)
	}
}

// checkpoint is not needed for durability; when it fails, a later one does it.
func (w *writer) checkpoint() {
	w.readMu.Lock()
	defer w.readMu.Unlock()
	if err := w.store.checkpoint(); err != nil {
		w.log.Debug("journal checkpoint failed", "path", w.opts.Path, "error", err)
	}
}

func (w *writer) walBytes() int64 {
	info, err := os.Stat(w.opts.Path + "-wal")
	if err != nil {
		return 0
	}
	return info.Size()
}
