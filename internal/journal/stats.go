package journal

import (
	"maps"
	"time"
)

// Stats is the journal at a moment. Counters begin with 0 at Open.
type Stats struct {
	Events     int64     // stored and not yet released by all
	Bytes      int64     // of the database file that are in use
	FileBytes  int64     // of the database file
	Oldest     time.Time // of the oldest event, zero when there is none
	Superseded int64     // check results dropped at MaxBytes
	Aged       int64     // check results dropped behind MaxAge
	Damaged    int64     // events, positions and states found damaged or missing
	SetAside   int64     // files set aside
	Full       bool      // at MaxBytes
	Failing    bool      // the disk is full, or fails: commits wait
	Cursors    map[string]int64
}

// Stats tells how the journal is.
func (j *Journal) Stats() Stats {
	oldest := j.oldest()
	j.mu.Lock()
	defer j.mu.Unlock()
	s := j.stats
	s.Oldest = oldest
	s.Cursors = maps.Clone(j.cursors)
	return s
}

func (j *Journal) oldest() time.Time {
	j.readMu.Lock()
	defer j.readMu.Unlock()
	var micro int64
	if j.store.oldest.QueryRow().Scan(&micro) != nil {
		return time.Time{}
	}
	return time.UnixMicro(micro)
}

// report brings the writer's part of the statistics up to date.
func (w *writer) report() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stats.Events = w.tally.events
	w.stats.Bytes = w.used
	w.stats.FileBytes = w.used + w.free
	w.stats.Full = w.pressure != nil
	w.stats.Failing = w.trouble != nil
}

// reportLoss counts and logs something that was in the journal and is no more,
// and tells the caller to send everything anew.
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
