package journal

import (
	"errors"
	"time"
)

// trouble is a time in which the disk can't be written: it is full, a quota is
// used up, or it fails. Commits are held, releases go on as far as the reserve
// reaches. It ends with the first transaction that succeeds after
// the reserve could be made again.
type trouble struct {
	logged  bool // its beginning
	since   time.Time
	next    time.Time // when to try again
	pause   time.Duration
	reopen  bool // the file must be opened again first
	probing bool // the reserve is back: the next commit is let through
}

const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// startTrouble frees the reserve and holds the commits. Only the beginning
// is logged, and not more often than once a minute: at the edge of a full disk
// a little room comes and goes.
func (w *writer) startTrouble(err error) {
	now := time.Now()
	err = errors.Join(err, w.reserve.drop())
	if w.trouble == nil {
		w.trouble = &trouble{since: now, pause: firstPause / 2}
	}
	t := w.trouble
	if !t.logged && now.Sub(w.troubleLogged) >= time.Minute {
		w.log.Error("journal can't be written: sources are held until it can", "path", w.opts.Path, "err", err)
		t.logged, w.troubleLogged = true, now
	}
	t.pause = min(2*t.pause, lastPause)
	t.next = now.Add(t.pause)
	t.probing = false
}

// probe tries again if it is time to, and if there may be room.
func (w *writer) probe() {
	t := w.trouble
	if t == nil || t.probing || time.Now().Before(t.next) {
		return
	}
	if t.reopen {
		if err := w.reopen(); err != nil {
			w.startTrouble(err)
			return
		}
	}
	w.checkpoint() // returns what was freed meanwhile to the file system
	if err := w.reserve.restore(); err != nil {
		w.startTrouble(err)
		return
	}
	t.probing = true
}

func (w *writer) endTrouble() {
	if w.trouble == nil || !w.trouble.probing {
		return
	}
	if w.trouble.logged {
		w.log.Info("journal can be written again", "path", w.opts.Path,
			"after", time.Since(w.trouble.since).Round(time.Millisecond))
	}
	w.trouble = nil
}

// writeFailed decides how to go on after a failed transaction, in which the
// commits were.
func (w *writer) writeFailed(err error, commits []*Ticket) {
	if isDamage(err) && !w.repaired {
		w.repaired = true
		if err = w.repair(err); err == nil {
			return
		}
	}
	w.startTrouble(err)
	if isFull(err) {
		return
	}
	// The transaction may be on the disk nevertheless: complete, but for the
	// fsync. Then its events have the numbers that they would get now.
	before, expected := w.ledger.lastID, w.ledger.lastID
	for _, t := range commits {
		expected += int64(len(t.commit.Events))
	}
	if w.present.inPlace(w.opts.Path) != nil {
		return // what is held open is all there is
	}
	if w.reopen() == nil && expected > before && w.ledger.lastID == expected {
		w.stored(commits, before, w.ledger, w.cursors, w.kept)
	}
}

// reopen closes the file and opens it again. After a failed fsync the kernel
// takes the unwritten pages for clean, so neither this handle nor the
// write-ahead log can be trusted any more; the checkpoint writes all of it once
// more, into the database file.
func (w *writer) reopen() error {
	w.trouble.reopen = true
	if err := w.open(); err != nil {
		return err
	}
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	if err := w.store.checkpoint(); err != nil {
		return err
	}
	w.trouble.reopen = false
	return nil
}

// shutDown stores what it can, refuses the rest, and closes the file.
func (w *writer) shutDown() {
	if w.trouble != nil {
		w.trouble.next = time.Time{}
	}
	secure := w.secure()
	for secure {
		w.gather()
		waiting := len(w.group) + len(w.released)
		if waiting == 0 {
			break
		}
		w.write()
		if len(w.group)+len(w.released) >= waiting {
			break
		}
	}
	for len(w.group) > 0 {
		for _, t := range w.group {
			w.finish(t, ErrClosed)
		}
		w.group = w.group[:0]
		w.gather()
	}
	for _, r := range w.released {
		r.done <- ErrClosed
	}
	w.report()
	if w.trouble == nil && w.recent > 0 {
		_ = w.fold() // only for people who look into the file: as recent states they are as durable
	}
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	w.closeErr = errors.Join(w.store.close(), w.lock.Close())
}
