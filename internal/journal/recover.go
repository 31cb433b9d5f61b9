package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// open opens the file, again if it was open, and takes over what is in it. A
// damaged one is replaced.
func (w *writer) open() error {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	again := w.store != nil
	if again {
		// Errors mean nothing here: what was acknowledged is on the disk.
		_ = w.store.close()
	}
	path := w.opts.Path
	if err := finishReplacing(path); err != nil {
		return err
	}
	if err := errors.Join(checkAccess(path), checkSQLites(path)); err != nil {
		return err
	}
	if err := refuseNewer(path); err != nil {
		return err
	}
	tail, err := inspectWAL(path + "-wal")
	if err != nil {
		return err
	}
	emptied := isEmpty(path) && tail.bytes == 0
	s, err := openStore(path, w.sum)
	if err == nil {
		err = w.takeOver(s)
	}
	if isDamage(err) {
		if s != nil {
			_ = s.close()
		}
		return w.replace(err)
	}
	if err != nil {
		return err
	}
	if !again { // otherwise it is our own failed commit
		w.reportTail(tail)
	}
	if !again && emptied {
		w.reportLoss("the file is there, and empty: events that it held are lost", 1)
	}
	return nil
}

// isEmpty reports whether a file is there and has no bytes: somebody wanted to
// free space, or the very first start was killed.
func isEmpty(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Size() == 0
}

func (w *writer) reportTail(tail walTail) {
	switch {
	case tail.lost:
		w.reportLoss("commits at the end are damaged, the journal goes on from the one before them", 1,
			"bytes", tail.bytes)
	case tail.bytes > 0:
		w.log.Warn("journal: an unfinished commit at the end was left out",
			"path", w.opts.Path, "bytes", tail.bytes)
	}
}

// takeOver makes s the open store.
func (w *writer) takeOver(s *store) error {
	l, ledgerSound, err := readLedger(s.conn, w.sum)
	if err != nil {
		return err
	}
	read, damaged, err := readCursors(s.conn, w.sum)
	if err != nil {
		return err
	}
	first, oldest, err := s.firstAfter(0)
	if err != nil {
		return err
	}
	if !ledgerSound {
		if l, err = countEvents(s.conn); err != nil {
			return err
		}
	}
	used, free, err := s.size()
	if err != nil {
		return err
	}
	if err := s.recentSize.QueryRow().Scan(&w.recent); err != nil {
		return err
	}
	// Ids never go back, not even in a new file: targets remember them.
	l.lastID = max(l.lastID, w.ledger.lastID)
	for _, released := range read {
		l.lastID = max(l.lastID, released)
	}
	w.notePresence()
	w.store, w.ledger, w.used, w.free, w.unmeasured = s, l, used, free, 0
	w.kept = kept{first: first, oldest: oldest, held: damaged > 0}
	w.mu.Lock()
	w.cursors = read
	w.scanned = map[string]span{}
	w.fresh = fresh{}
	w.mu.Unlock()
	w.announce()
	if !ledgerSound {
		w.reportLoss("the ledger is damaged: events were counted anew", 1)
	}
	if damaged > 0 {
		w.reportLoss("cursors of targets are damaged: they start with the oldest event", damaged)
	}
	return nil
}

// repair replaces the open file because of damage that was found in use.
func (w *writer) repair(cause error) error {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	_ = w.store.close()
	return w.replace(cause)
}

// repairUnless repairs if the damage was found in the store that is open still,
// but not twice in a row: that would only copy from bad to worse.
func (w *writer) repairUnless(seen *store, cause error) error {
	if w.store != seen {
		return nil
	}
	if w.repaired {
		return cause
	}
	w.repaired = true
	return w.repair(cause)
}

// replace sets the file aside and opens a new one with all that is legible. The
// damaged file stays in its place until the new one is complete, so that a
// crash meanwhile only means to begin again.
func (w *writer) replace(cause error) error {
	path := w.opts.Path
	fresh := path + ".new"
	if err := removeFiles(fresh, fresh+"-wal", fresh+"-shm"); err != nil {
		return err
	}
	found, err := w.salvage(path, fresh)
	if err != nil {
		return fmt.Errorf("replacing a damaged file (%w): %w", cause, err)
	}
	aside := path + ".damaged-" + w.opts.Now().UTC().Format("20060102T150405.000000")
	if err := setAside(path, aside); err != nil {
		return err
	}
	if err := finishReplacing(path); err != nil {
		return err
	}
	s, err := openStore(path, w.sum)
	if err != nil {
		return err
	}
	if err := w.takeOver(s); err != nil {
		return errors.Join(err, s.close())
	}
	w.mu.Lock()
	w.stats.SetAside++
	w.mu.Unlock()
	w.reportLoss("the file is damaged: it was set aside, and a new one begun with what is legible", found.missing,
		"cause", cause, "set_aside", aside, "events", found.events, "events_missing", found.missing)
	return nil
}

// setAside renames a database and its write-ahead log, if that holds anything.
func setAside(path, aside string) error {
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		if err := os.Rename(path+"-wal", aside+"-wal"); err != nil {
			return err
		}
	}
	return removeFiles(path+"-wal", path+"-shm")
}

func removeFiles(paths ...string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// finishReplacing puts a new file in the place of the one that was set aside.
// It does so at Open as well, if a crash came between; then the old file's
// write-ahead log may still be there, and must not be taken for the new one's.
func finishReplacing(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	fresh := path + ".new"
	if _, err := os.Stat(fresh); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err := setAside(path, path+".damaged-rest"); err != nil {
		return err
	}
	if err := os.Rename(fresh, path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}

// setAsideEvents moves damaged events out of the way of the targets.
func (w *writer) setAsideEvents(ids []int64) error {
	var moved int64
	after, err := w.transact(func(t *transaction) (err error) {
		moved, err = t.setAside(ids)
		return err
	})
	if err != nil {
		w.log.Error("journal: damaged events can't be set aside", "path", w.opts.Path,
			"count", len(ids), "first_id", ids[0], "err", err)
		return nil // they are left out of what is read anyway
	}
	w.ledger = after
	if moved > 0 {
		w.reportLoss("damaged events were moved to the table damaged", moved, "first_id", ids[0])
	}
	return nil
}
