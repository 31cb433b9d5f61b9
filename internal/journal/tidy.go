package journal

// measureAfter is how many bytes are written until SQLite is asked again how
// much of the file is in use. Asking costs a tenth of a small transaction.
const measureAfter = 256 << 10

// measureUnless keeps an estimate of how much of the file is in use, and
// measures it when that is not certain to be enough.
func (w *writer) measureUnless(enough bool, commits []*Ticket) error {
	for _, t := range commits {
		w.unmeasured += t.size + sizeOfStates(t.commit.States)
	}
	if enough && w.unmeasured < measureAfter && w.trouble == nil && w.pressure == nil {
		return nil
	}
	return w.measure()
}

// measure reads how much of the file is in use.
func (w *writer) measure() (err error) {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	w.used, w.free, err = w.store.size()
	w.unmeasured = 0
	return err
}

// Pages of deleted events are used again by the next ones. They are returned to
// the file system when a backlog is gone and the file is made of little else, or
// when the disk is full.
const (
	vacuumAbove       = 8 << 20
	vacuumAboveIfFull = 64 << 10
	vacuumBacklog     = 10_000 // events
	// Up to so many bytes in use, copying them (10 ms a megabyte) is much
	// cheaper than cutting off one free page after the other.
	vacuumWhole = 16 << 20
)

func (w *writer) vacuumDue() bool {
	if w.trouble != nil {
		return w.free > vacuumAboveIfFull && !w.failed
	}
	return w.free > max(vacuumAbove, 4*w.used) && w.ledger.events <= vacuumBacklog
}

func (w *writer) vacuum() error {
	if err := w.vacuumOnce(w.trouble == nil && w.used <= vacuumWhole); err != nil {
		return err
	}
	return w.measure()
}

func (w *writer) vacuumOnce(whole bool) error {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	vacuum := w.store.vacuumStep
	if whole {
		vacuum = w.store.vacuum
	}
	_, err := vacuum.Exec()
	return err
}

// headsBelow is the store's.
func (w *writer) headsBelow(id int64, n int) ([]head, error) {
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	return w.store.headsBelow(id, n)
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
	case w.shrunk:
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
	w.dbMu.Lock()
	defer w.dbMu.Unlock()
	if err := w.store.checkpoint(); err != nil {
		w.log.Debug("journal checkpoint failed", "path", w.opts.Path, "err", err)
	}
}
