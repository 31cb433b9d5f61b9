package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// presenceEvery is how often the files are looked at when nothing is written.
const presenceEvery = time.Second

// presence is which files are ours. A file that was deleted while it is open can
// be written and read as before, and is gone when the process ends.
type presence struct {
	database, log os.FileInfo
}

var (
	errDeleted  = errors.New("it was deleted")
	errReplaced = errors.New("it was replaced by another file")
)

// notePresence is called when the file has been opened.
func (w *writer) notePresence() {
	w.present = presence{}
	if info, err := os.Stat(w.opts.Path); err == nil {
		w.present.database = info
	}
	w.noteLog()
}

// noteLog is called until the write-ahead log is there: SQLite may create it with
// the first transaction only.
func (w *writer) noteLog() {
	if info, err := os.Stat(w.opts.Path + "-wal"); err == nil {
		w.present.log = info
	}
}

// inPlace returns an error if one of our files is not the one under its path any
// more.
func (p presence) inPlace(path string) error {
	return errors.Join(stillThere(path, p.database), stillThere(path+"-wal", p.log))
}

// stillThere compares a path with the file that was there. What can't be looked at
// just now says nothing.
func stillThere(path string, was os.FileInfo) error {
	if was == nil {
		return nil
	}
	switch now, err := os.Stat(path); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w", path, errDeleted)
	case err == nil && !os.SameFile(now, was):
		return fmt.Errorf("%s: %w", path, errReplaced)
	}
	return nil
}

// secure makes sure that what was written and will be written is in the files
// under their paths. When somebody has deleted or replaced them, it writes them
// again from what is held open, so that nothing is lost. As long as that fails,
// nothing is taken over or reported as durable. It returns false if it fails and
// the journal is being closed.
func (w *writer) secure() bool {
	for pause, logged := firstPause, ""; ; pause = min(2*pause, lastPause) {
		err := w.secureOnce()
		if err == nil {
			return true
		}
		if err.Error() != logged {
			logged = err.Error()
			w.log.Error("the journal can't be kept: sources are held until it can", "path", w.opts.Path, "err", err)
		}
		select {
		case <-w.closing:
			return false
		case <-time.After(pause):
		}
	}
}

func (w *writer) secureOnce() error {
	if w.trouble != nil && w.trouble.reopen {
		return nil // it is not open
	}
	if time.Since(w.looked) >= presenceEvery {
		if err := w.keepLock(); err != nil {
			return err
		}
		w.looked = time.Now()
	}
	cause := w.present.inPlace(w.opts.Path)
	if cause == nil {
		if w.present.log == nil {
			w.noteLog()
		}
		return nil
	}
	aside, err := w.recreate()
	if err != nil {
		return fmt.Errorf("%w; writing it again from what is held open: %w", cause, err)
	}
	w.log.Error("the journal was deleted or replaced while it is in use: it was written again, and nothing is lost",
		"path", w.opts.Path, "err", cause, "set_aside", aside, "events", w.ledger.events)
	return nil
}

// keepLock takes the lock again if its file was removed. It fails when another
// process has taken it meanwhile.
func (w *writer) keepLock() error {
	path := w.opts.Path + ".lock"
	was, err := w.lock.Stat()
	if err != nil {
		return fmt.Errorf("looking at the lock: %w", err)
	}
	cause := stillThere(path, was)
	if cause == nil {
		return nil
	}
	lock, err := lockFile(path)
	if err != nil {
		return fmt.Errorf("%w; taking it again: %w", cause, err)
	}
	w.lock.Close()
	w.lock = lock
	w.log.Warn("the lock of the journal was removed while it is in use: it is taken again", "path", path)
	return nil
}

// recreate copies what is held open to a file that takes the place of the old one,
// and opens that. A file of others that stands there is kept under another name,
// which is returned.
func (w *writer) recreate() (aside string, err error) {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	path, copied := w.opts.Path, w.opts.Path+".copy"
	if err := errors.Join(removeFiles(copied), ensureFile(copied)); err != nil {
		return "", err
	}
	if _, err := w.store.conn.ExecContext(context.Background(), "VACUUM INTO ?", copied); err != nil {
		return "", errors.Join(err, removeFiles(copied))
	}
	if err := syncPath(copied); err != nil {
		return "", err
	}
	if aside, err = w.makeWay(); err != nil {
		return aside, err
	}
	if err := os.Rename(copied, path); err != nil {
		return aside, err
	}
	if err := syncPath(filepath.Dir(path)); err != nil {
		return aside, err
	}
	// Closing it deletes the write-ahead log by its name, so it comes first.
	_ = w.store.close()
	s, err := openStore(path, w.sum)
	if err == nil {
		err = w.takeOver(s)
	}
	if err != nil { // all is in its place: it is opened as after any other trouble
		w.startTrouble(err)
		w.trouble.reopen = true
	}
	return aside, nil
}

// makeWay removes our own files from their paths, and keeps those of others.
func (w *writer) makeWay() (aside string, err error) {
	path := w.opts.Path
	if stillThere(path, w.present.database) == nil {
		// Only the log is gone: until the new file is in its place, the old one has all.
		if err := w.store.checkpoint(); err != nil {
			return "", err
		}
	} else if _, err := os.Lstat(path); err == nil {
		aside = path + ".foreign-" + w.opts.Now().UTC().Format("20060102T150405.000000")
		if err := os.Rename(path, aside); err != nil {
			return "", err
		}
	}
	if errors.Is(stillThere(path+"-wal", w.present.log), errReplaced) && aside != "" {
		return aside, os.Rename(path+"-wal", aside+"-wal")
	}
	return aside, removeFiles(path + "-wal")
}

// syncPath makes a file or the names in a directory durable.
func syncPath(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
