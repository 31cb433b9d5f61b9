package journal

import "time"

// Stats is the journal at a moment. Counters begin with 0 at Open.
type Stats struct {
	Events    int64     // stored and not yet released by all targets of their route
	Bytes     int64     // of the database file that are in use, estimated between two measurements
	MaxBytes  int64     // the bound of Bytes
	FileBytes int64     // of the database file, without its write-ahead log
	Oldest    time.Time // when the oldest event happened, by the supervisor; zero when there is none

	Transactions int64 // written; each costs an fsync
	Superseded   int64 // check results dropped at MaxBytes
	Aged         int64 // check results dropped because they were older than MaxAge
	Unserved     int64 // events deleted because no target serves their route
	Damaged      int64 // events, positions and states found damaged or missing
	SetAside     int64 // files set aside

	Full    bool             // at MaxBytes, or was within the last minute
	Failing bool             // the disk is full, or fails: commits wait
	Cursors map[string]int64 // by target: the id up to which it has released
}

// Stats returns how the journal is. It doesn't wait for the disk.
func (j *Journal) Stats() Stats {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Cursors = j.cursors.released()
	return s
}

// report brings the writer's part of the statistics up to date.
func (w *writer) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Events = w.ledger.events
	w.stats.Bytes = w.used + w.unmeasured
	w.stats.MaxBytes = w.opts.MaxBytes
	w.stats.FileBytes = w.used + w.unmeasured + w.free
	w.stats.Oldest = time.Time{}
	if w.kept.first != 0 {
		w.stats.Oldest = w.kept.oldest
	}
	w.stats.Transactions = w.transactions
	w.stats.Full = w.pressure != nil
	w.stats.Failing = w.trouble != nil
}

// reportLoss counts and logs something that was in the journal and is no more,
// and makes the caller send everything anew.
func (j *Journal) reportLoss(message string, count int64, args ...any) {
	j.log.Error("journal: "+message, append([]any{"path", j.opts.Path, "count", count}, args...)...)
	j.mu.Lock()
	j.stats.Damaged += count
	j.mu.Unlock()
	select {
	case j.recovered <- struct{}{}:
	default:
	}
}
