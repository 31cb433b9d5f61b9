package timeline

import (
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// checks is the story of an object's check results.
type checks struct {
	sent report // the last one that was sent
	// earlier are those sent shortly before it, the newest last: the log may report
	// them after a reader that was faster.
	earlier []report
	// problem is when the last problem that was sent was processed (unix seconds;
	// 0: none was).
	problem int64
	// missing is since when the status file shows a result that the reader of
	// every result has not reported (unix seconds; 0: none).
	missing     int64
	perfdataOff bool
	texts       texts
}

// take judges what a reader reported of the object.
func (w *work) take(rec *supervision.Record, r *reader) {
	if rec.Check == nil {
		if w.waitsBehind(r) && w.hold(rec, r, behind, time.Time{}) {
			return
		}
		w.condition(rec, r)
		return
	}
	if r.View == Snapshot && rec.Check.Flags != nil {
		w.perfdataOff = rec.Check.Flags.PerfdataOff
	}
	if r.View >= Complete {
		w.missing, w.perfdataOff = 0, false
	}
	if rec.Check.State == supervision.StateNotReported && !w.fillState(rec) {
		if !w.hold(rec, r, forState, time.Time{}) {
			w.drop(rec, r, TooManyWaited)
		}
		return
	}
	w.noteState(rec, r)
	w.retryStateless(rec.Time.Unix() + ownDelay)
	w.result(rec, r)
	w.retryStateless(never)
	w.dropStateless(rec.Time.Unix() - reapDelay)
}

// waitsBehind reports whether a record has to wait for an earlier one of the
// same reader that is held.
func (w *work) waitsBehind(r *reader) bool {
	i := w.holds(forReport)
	return i >= 0 && w.object.held[i].reader == r.bit
}

// noteState remembers what a record reports of the state and the text.
func (w *work) noteState(rec *supervision.Record, r *reader) {
	c := rec.Check
	if r.HasState && r.View < Complete {
		w.states.note(rec, r.View, w.keepsHistory(rec))
	} else {
		w.states.known = knownOf(rec)
	}
	if c.Output == "" || !w.lacksTexts(rec) {
		return
	}
	if this := w.reportOf(rec, r, 0); !this.olderThan(w.sent) {
		w.texts.note(c.State, c.Output, this.end)
	}
}

func (w *work) keepsHistory(rec *supervision.Record) bool {
	for _, r := range w.owners[classOf(rec.Entity)] {
		if !r.HasState {
			return true
		}
	}
	return false
}

func (w *work) lacksTexts(rec *supervision.Record) bool {
	for _, r := range w.owners[classOf(rec.Entity)] {
		if !r.HasOutput {
			return true
		}
	}
	return false
}

// fillState sets the state of a stateless result from what the log and the
// status file reported.
func (w *work) fillState(rec *supervision.Record) bool {
	k, ok := w.states.of(rec, w.logIsCompleteSince(classOf(rec.Entity)))
	if !ok {
		return false
	}
	c := rec.Check
	c.State, c.StateType = k.state, k.stateType
	if c.Attempt == 0 {
		c.Attempt = int(k.attempt)
	}
	return true
}

// never is a moment that doesn't come.
const never = 1 << 62

// logIsCompleteSince returns since when the log shows each change of state of a
// class: since the supervisor's last start, if the log can be read and shows
// soft states.
func (t *Timeline) logIsCompleteSince(class int) int64 {
	if !t.opts.SoftChanges[class] || !t.opts.Order.readsChanges() {
		return never
	}
	return t.site.started
}

// retryStateless judges the results without a state whose state is known now, up
// to a second.
func (w *work) retryStateless(until int64) {
	for {
		i := w.holds(forState)
		if i < 0 || w.object.held[i].rec.Time.Unix() > until || !w.fillState(&w.object.held[i].rec) {
			return
		}
		h := w.release(i)
		w.result(&h.rec, w.readerOf(h.reader))
	}
}

// dropStateless drops the results without a state from before a second: who could
// know their state has reported what came later.
func (w *work) dropStateless(until int64) {
	for i := w.holds(forState); i >= 0 && w.object.held[i].rec.Time.Unix() < until; i = w.holds(forState) {
		w.giveUp(i)
	}
}

// result judges a result whose state is known: at once, or held until another
// report of it has come.
func (w *work) result(rec *supervision.Record, r *reader) {
	switch {
	case r.View == Snapshot:
		w.judge(rec, r, r.bit)
	case r.View == Changes:
		w.alert(rec, r)
	default:
		w.complete(rec, r)
	}
}

// alert judges a line of the log about a result.
func (w *work) alert(rec *supervision.Record, r *reader) {
	if i := w.joins(rec, r); i >= 0 {
		h := w.release(i)
		fill(&h.rec, rec)
		w.judge(&h.rec, w.readerOf(h.reader), h.reader|r.bit)
		w.releaseBehind()
		return
	}
	this := w.reportOf(rec, r, r.bit)
	known := w.sent.set && w.sent.sameAs(this) || w.amongEarlier(this) >= 0
	if rec.Kind == supervision.CheckResult && !known && !w.isLate(this) && w.awaitsReport(rec) &&
		w.hold(rec, r, forReport, w.now.Add(reportWait)) {
		return
	}
	w.judge(rec, r, r.bit)
}

// awaitsReport reports whether a reader of every result may still report what the
// log shows.
func (w *work) awaitsReport(rec *supervision.Record) bool {
	if w.perfdataOff || w.missing != 0 {
		return false
	}
	for _, r := range w.owners[classOf(rec.Entity)] {
		if w.opts.Order.reads(r.Name) {
			return true
		}
	}
	return false
}

// complete judges the report of a reader of every result. It joins what the log
// showed of the same result.
func (w *work) complete(rec *supervision.Record, r *reader) {
	for {
		i := w.holds(forReport)
		if i < 0 {
			break
		}
		h := &w.object.held[i]
		if w.joins(rec, r) == i {
			alert := w.release(i)
			fill(rec, &alert.rec)
			w.judge(rec, r, alert.reader|r.bit)
			w.releaseBehind()
			return
		}
		if h.reader != r.bit && rec.Time.Unix() <= h.rec.Time.Unix()+ownDelay {
			break // it may still come
		}
		w.giveUp(i)
	}
	if w.lacksText(rec, r) && w.hold(rec, r, forReport, w.now.Add(textWait)) {
		return
	}
	w.judge(rec, r, r.bit)
}

// joins returns the index of a held report of the same result by another reader,
// -1 if there is none.
func (w *work) joins(rec *supervision.Record, r *reader) int {
	this := w.reportOf(rec, r, r.bit)
	for i := range w.object.held {
		h := &w.object.held[i]
		if h.need != forReport {
			continue
		}
		other := w.reportOf(&h.rec, w.readerOf(h.reader), h.reader)
		if other.sameAs(this) {
			return i
		}
		if h.reader == r.bit {
			return -1
		}
	}
	return -1
}

// lacksText reports whether a result has no text because its reader sees none,
// and the log is about to show it: only a change is in the log.
func (w *work) lacksText(rec *supervision.Record, r *reader) bool {
	c := rec.Check
	if r.HasOutput || c.Output != "" || !w.opts.Order.readsChanges() || !w.sent.set {
		return false
	}
	this := w.reportOf(rec, r, r.bit)
	if w.sent.sameAs(this) || w.isLate(this) {
		return false
	}
	return w.sent.state != c.State || w.sent.stateType >= 0 && c.StateType >= 0 && w.sent.stateType != c.StateType
}

// fill adds to a result what only the ALERT of the log reports.
func fill(rec, alert *supervision.Record) {
	c, a := rec.Check, alert.Check
	if c.Output == "" {
		c.Output = a.Output
	}
	if c.LongOutput == "" {
		c.LongOutput = a.LongOutput
	}
	if c.StateType == supervision.StateTypeNotReported {
		c.StateType = a.StateType
	}
	if c.Attempt == 0 {
		c.Attempt = a.Attempt
	}
	if c.CheckType == supervision.CheckTypeNotReported {
		c.CheckType = a.CheckType
	}
}

// maxEarlier bounds how many results of a few seconds are remembered.
const maxEarlier = 256

// noteEarlier remembers the report that is no longer the last one.
func (c *checks) noteEarlier(next report) {
	if c.sent.set {
		c.earlier = append(c.earlier, c.sent)
	}
	c.earlier = slices.DeleteFunc(c.earlier, func(r report) bool {
		return r.epoch != next.epoch || r.end < next.end-2*ownDelay
	})
	c.earlier = slices.Delete(c.earlier, 0, max(len(c.earlier)-maxEarlier, 0))
}

// amongEarlier returns the index of the report of the same result that was sent
// before the last one, -1 if there is none. What a reader has reported later than
// one of its own is later than that.
func (c *checks) amongEarlier(this report) int {
	later := c.sent.readers
	for i, r := range slices.Backward(c.earlier) {
		if later&this.readers != 0 {
			return -1
		}
		if r.sameAs(this) {
			return i
		}
		later |= r.readers
	}
	return -1
}

// isLate reports whether a result is older than what was sent. The order of one
// reader is the supervisor's; that of a snapshot is not.
func (w *work) isLate(this report) bool {
	return this.olderThan(w.sent) && w.sent.readers&this.readers == 0
}
