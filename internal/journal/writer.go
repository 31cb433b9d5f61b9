package journal

import (
	"errors"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// writer is the one goroutine that writes. It repeats: wait, write all that
// waits in one transaction, do one small step of each chore.
type writer struct {
	*Journal
	sum     *checksum
	reserve reserve

	ledger     ledger
	kept       kept
	used       int64 // bytes of pages in use, when they were last measured
	free       int64 // bytes of pages not in use, but still in the file
	unmeasured int64 // bytes written since then, estimated

	recent int64 // bytes of states that are not yet folded

	group    []*Ticket  // commits taken from the queue and not yet stored
	released []*release // the same of releases
	company  company

	transactions int64 // begun
	present      presence
	looked       time.Time // when it was last made sure that it is so

	failed        bool      // the last write
	repaired      bool      // the file has been replaced since the last good write
	trouble       *trouble  // nil while writing works
	troubleLogged time.Time // the last time
	pressure      *pressure
	sweep         *sweep
	sweepAt       time.Time // no new sweep for want of room before
	agingAt       time.Time // the next sweep for age
	shrunk        bool      // pages were cut off since the last checkpoint
}

func newWriter(j *Journal) (*writer, error) {
	w := &writer{
		Journal: j,
		sum:     newChecksum(),
		reserve: reserveOf(j.opts.Path, j.opts.Reserve),
	}
	err := w.open()
	if err != nil && !isDamage(err) && !isBusy(err) && !errors.Is(err, ErrNewer) && w.reserve.present() {
		// On a full disk SQLite can't even begin its write-ahead log.
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
		w.awaitCompany()
		if time.Since(w.looked) >= presenceEvery && !w.secure() {
			break
		}
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
		w.join(t, time.Now())
	case r := <-w.releases:
		w.released = append(w.released, r)
	case t := <-w.tasks:
		w.carryOut(t)
	case <-timer.C:
	case <-w.closing:
		return false
	}
	w.gather()
	return true
}

func (w *writer) carryOut(t *task) {
	err := t.do(w)
	w.report()
	t.done <- err
}

// rest is how long there is nothing to do unless something comes.
func (w *writer) rest(now time.Time) time.Duration {
	if w.trouble != nil && !w.trouble.probing && (w.failed || !w.dropsLeft()) {
		return w.trouble.next.Sub(now)
	}
	if w.failed || w.dropsLeft() || w.sweep != nil || w.vacuumDue() || w.shrunk {
		return 0 // failed: the file has been replaced, so once more
	}
	rest := presenceEvery
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
	w.company.began = time.Now()
	cursors := w.cursors.moved(w.released, w.ledger.lastID)
	left, missing := w.kept, int64(0)
	deleted := false
	after, err := w.transact(func(t *transaction) (err error) {
		if err := t.setCursors(w.cursors, cursors); err != nil {
			return err
		}
		before := t.ledger.events
		if left, err = t.deleteReleased(left, cursors); err != nil {
			return err
		}
		deleted = t.ledger.events != before
		if left.first == 0 {
			missing, t.ledger.events = t.ledger.events, 0
		}
		for _, c := range commits {
			if err := t.apply(&c.commit); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = w.measureUnless(!deleted, commits)
	}
	w.failed = err != nil
	if err != nil {
		w.writeFailed(err, commits)
		return
	}
	before := w.ledger.lastID
	if !w.secure() {
		w.failed = true
		return
	}
	if missing > 0 {
		w.reportLoss("events can't be found any more: the file is damaged", missing)
	}
	w.stored(commits, before, after, cursors, left)
}

// transact runs do in a transaction. Readers wait meanwhile.
func (w *writer) transact(do func(*transaction) error) (ledger, error) {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	w.transactions++
	return w.store.transact(w.sum, w.ledger, do)
}

// stored reports to all who wait that a transaction is on the disk.
func (w *writer) stored(commits []*Ticket, before int64, after ledger, cursors cursors, left kept) {
	w.repaired = false
	w.endTrouble()
	if left.first == 0 {
		left.first, left.oldest = firstOf(commits, before)
	}
	w.ledger, w.kept = after, left
	w.mu.Lock()
	w.cursors = cursors
	w.fresh.add(commits, before)
	w.mu.Unlock()
	w.reportUnserved()
	w.report()
	w.announce()
	for _, t := range commits {
		w.recent += sizeOfStates(t.commit.States)
		w.company.left(t.commit.Source)
		w.finish(t, nil)
	}
	w.group = slices.Delete(w.group, 0, len(commits))
	for _, r := range w.released {
		r.done <- nil
	}
	w.released = w.released[:0]
}

// firstOf returns the id and the time of the first event of commits that were
// stored after lastID, 0 if they hold none.
func firstOf(commits []*Ticket, lastID int64) (int64, time.Time) {
	for _, t := range commits {
		if len(t.commit.Events) > 0 {
			return lastID + 1, t.commit.Events[0].Time
		}
	}
	return 0, time.Time{}
}

// announce wakes those who wait for events.
func (w *writer) announce() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.ledger.lastID != w.lastID {
		w.lastID, w.newest = w.ledger.lastID, w.ledger.newest
		w.wake()
	}
}

// wake makes all that wait look again. The caller holds mu.
func (j *Journal) wake() {
	close(j.changed)
	j.changed = make(chan struct{})
}

func (w *writer) finish(t *Ticket, err error) {
	t.err = err
	t.commit = outbox.Commit{}
	close(t.done)
	w.room.Release(t.held)
}

// dropsLeft reports whether there are events that nobody needs any more.
func (w *writer) dropsLeft() bool {
	_, found := w.kept.deletion(w.cursors, w.ledger)
	return found
}
