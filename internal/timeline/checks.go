package timeline

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// checks is the story of an object's check results.
type checks struct {
	sent report // the last one that was sent
	// was is the state before it; OK if none is known.
	was         supervision.State
	perfdataOff bool
	// earlier are those sent shortly before it, the newest last: the log may report
	// them after a reader that was faster.
	earlier []report
	// problem is when the last problem that was sent was processed (unix seconds;
	// 0: none was).
	problem int64
	// over is when the object was well again after its last problem (unix seconds).
	over int64
	// missing is since when the status file shows a result that the reader of
	// every result has not reported (unix seconds; 0: none).
	missing int64
	texts   *texts // nil: none was needed
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
	if rec.Check.State == supervision.StateNotReported {
		if !w.fillState(rec) {
			w.holdStateless(rec, r)
			return
		}
		w.missStateless(len(w.object.held))
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
	return w.heldOf(r.bit) >= 0
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
		if w.texts == nil {
			w.texts = &texts{}
		}
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

// result judges a result whose state is known: at once, or held until another
// report of it has come.
func (w *work) result(rec *supervision.Record, r *reader) {
	switch {
	case r.View == Snapshot:
		w.giveUpBefore(rec)
		w.judge(rec, r, r.bit)
	case r.View == Changes:
		w.alert(rec, r)
	default:
		w.complete(rec, r)
	}
}

// giveUpBefore judges the held ALERTs from before the status file was written: it is
// judged when the others have read what had been written by then.
func (w *work) giveUpBefore(rec *supervision.Record) {
	written := shownAt(rec)
	for i := w.holds(forReport); i >= 0 && w.object.held[i].rec.Time.Before(written); i = w.holds(forReport) {
		w.giveUp(i)
	}
}

// alert judges a line of the log about a result.
func (w *work) alert(rec *supervision.Record, r *reader) {
	if rec.Kind == supervision.PresentState {
		w.giveUpOwn(r)
		w.judge(rec, r, r.bit)
		return
	}
	if h, ok := w.joinHeld(rec, r); ok {
		fill(&h.rec, rec)
		w.judge(&h.rec, w.readerOf(h.reader), h.reader|r.bit)
		w.releaseBehind()
		return
	}
	this := w.reportOf(rec, r, r.bit)
	if w.wasSent(this) != nil {
		for w.waitsBehind(r) { // it is older than what was sent
			h := w.release(w.heldOf(r.bit))
			w.drop(&h.rec, r, Late)
			w.releaseBehind()
		}
	} else if !w.isLate(this) && w.awaitsReport(rec) && w.hold(rec, r, forReport, w.now.Add(reportWait)) {
		return
	}
	w.giveUpOwn(r)
	w.judge(rec, r, r.bit)
}

// giveUpOwn judges what is held of a reader, in front of its next report.
func (w *work) giveUpOwn(r *reader) {
	for i := w.heldOf(r.bit); i >= 0; i = w.heldOf(r.bit) {
		w.giveUp(i)
	}
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
	if alert, ok := w.joinHeld(rec, r); ok {
		fill(rec, &alert.rec)
		w.judge(rec, r, alert.reader|r.bit)
		w.releaseBehind()
		return
	}
	for i := w.holds(forReport); i >= 0 && w.object.held[i].reader != r.bit && !w.mayCome(rec, r, i); {
		w.giveUp(i)
		i = w.holds(forReport)
	}
	waits := w.lacksText(rec, r) || w.waitsBehind(r) || w.isBeforeChange(rec, r)
	if waits && w.hold(rec, r, forReport, w.now.Add(textWait)) {
		return
	}
	w.judge(rec, r, r.bit)
}

// lacksText reports whether a result has no text because its reader sees none,
// and the log is about to show it: only a change is in the log, which each
// attempt of a soft state is.
func (w *work) lacksText(rec *supervision.Record, r *reader) bool {
	c := rec.Check
	if r.HasOutput || c.Output != "" || !w.opts.Order.readsChanges() {
		return false
	}
	if !w.sent.set {
		return c.State != supervision.OK
	}
	this := w.reportOf(rec, r, r.bit)
	if w.sent.sameAs(this) || w.isLate(this) {
		return false
	}
	if c.StateType == supervision.Soft && w.opts.SoftChanges[classOf(rec.Entity)] {
		return true
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

// isLate reports whether a result is older than what was sent. The order of one
// reader is the supervisor's; that of a snapshot is not.
func (w *work) isLate(this report) bool {
	return this.olderThan(w.sent) && w.sent.readers&this.readers == 0
}

// isBeforeChange reports whether the report of a reader of every result lies before
// a change of the same second that only the log has shown: a result with another
// state that came after it would be a change itself, and the log would show it, or
// is about to.
func (w *work) isBeforeChange(rec *supervision.Record, r *reader) bool {
	if rec.Time.Unix() != w.sent.end {
		return false
	}
	this := w.reportOf(rec, r, r.bit)
	return w.wasSent(this) == nil && w.precedesChange(this, r)
}

// precedesChange reports whether a result of the second of the one sent last, which
// the log has reported as well, was before it.
func (w *work) precedesChange(this report, r *reader) bool {
	if r.View != Complete || !w.sent.set || this.end != w.sent.end || this.epoch != w.sent.epoch ||
		this.state == w.sent.state || w.sent.readers&this.readers != 0 {
		return false
	}
	log := w.bitsOf(Changes)
	return w.sent.readers&log != 0 && this.readers&log == 0
}

// bitsOf returns the readers with a view.
func (t *Timeline) bitsOf(view View) (set readerSet) {
	for _, r := range t.readers {
		if r.View == view {
			set |= r.bit
		}
	}
	return set
}
