package timeline

import (
	"maps"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// judge decides of a result whose state is known, as it was reported by the
// readers in by.
func (w *work) judge(rec *supervision.Record, r *reader, by readerSet) {
	this := w.reportOf(rec, r, by)
	switch same := w.wasSent(this); {
	case rec.Kind == supervision.PresentState && r.View == Changes:
		// Its stamp is not that of its result.
	case same == &w.sent && w.opts.Resync.repeats(rec, r):
		w.again(rec, r, this)
		return
	case same != nil && same != &w.sent && !w.isReturn(this):
		same.join(this)
		w.settleIfAgreed(rec)
		w.drop(rec, r, SeenAlready)
		return
	}
	why := w.reason(rec, r, this)
	if why == Unconfirmed {
		w.awaitConfirmation(rec, r, this)
		return
	}
	if why == ToSend {
		w.sendResult(rec, r, this, NoMark)
		return
	}
	w.settleIfAgreed(rec)
	w.drop(rec, r, why)
	if why == Unchanged || why == Expected {
		w.agree(rec, r)
	}
}

// isReturn reports whether what was sent before is the newer one after all: a reader
// of both reports it behind the result sent last, which has another state.
func (w *work) isReturn(this report) bool {
	return w.sent.readers&this.readers != 0 && !this.present && w.sent.state != this.state
}

// repeats reports whether a result that was sent before need not be sent again:
// resync: always sends everything that the status file shows at a start.
func (p Resync) repeats(rec *supervision.Record, r *reader) bool {
	return p != Always || rec.Kind != supervision.PresentState || r.View != Snapshot
}

// again judges another report of the result that was sent last: it is sent once
// more if it adds something.
func (w *work) again(rec *supervision.Record, r *reader, this report) {
	w.settleConfirmation(rec)
	adds := w.sent.adds(this)
	w.sent.join(this)
	switch {
	case adds && rec.Kind == supervision.PresentState && w.opts.Resync == Never:
		w.drop(rec, r, ResyncOff)
	case adds:
		if rec.Check.Output == "" && !this.saysText() {
			rec.Check.Output = w.texts.of(this.state, this.end)
		}
		if rec.Time.Unix() < w.sent.end {
			rec.Time = time.Unix(w.sent.end, 0) // it must not look older than what it completes
		}
		w.send(rec, r, Completion)
	default:
		w.drop(rec, r, SeenAlready)
	}
	w.agree(rec, r)
}

// reason returns whether a result is worth sending that is not the one sent last.
func (w *work) reason(rec *supervision.Record, r *reader, this report) Reason {
	present := rec.Kind == supervision.PresentState
	switch {
	case present && w.opts.Resync == Never:
		return ResyncOff
	case !w.sent.set, present && w.opts.Resync == Always && r.View == Snapshot:
		return ToSend
	case r.View == Snapshot, present && r.View == Everything:
		return w.reasonOfPresent(rec, r, this)
	case present:
		return w.reasonOfRepeated(this)
	case w.isLate(this), w.precedesChange(this, r):
		return Late
	}
	return ToSend
}

// reasonOfPresent judges a state in which an object is: a result that nobody else
// reported, or the one that the supervisor has read from its retention file.
func (w *work) reasonOfPresent(rec *supervision.Record, r *reader, this report) Reason {
	differs := w.sent.differs(this)
	inOrder := rec.Kind == supervision.CheckResult && w.sent.readers&r.bit != 0 // it has reported both
	switch {
	case this.olderThan(w.sent), !inOrder && this.overlaps(w.sent) && this.end < w.sent.end:
		if !differs {
			return Unchanged
		}
		return Unconfirmed
	case !differs && this.start <= w.sent.end:
		return Unchanged // the one that was sent
	case r.View == Snapshot && w.isExpected(rec) && w.sent.state == this.state:
		return Expected
	case w.sent.state != this.state:
		return ToSend
	case differs, r.View == Snapshot && this.start > w.sent.end:
		return ToSend // another text, or the same checked again since
	}
	return Unchanged
}

// reasonOfRepeated judges the lines of the log that repeat a state: at a rotation
// the present one, at a start the one that was read from the retention file,
// which may be an older one.
func (w *work) reasonOfRepeated(this report) Reason {
	switch {
	case !w.sent.differs(this):
		return Unchanged
	case w.isLate(this):
		return Late
	case this.end <= w.sent.end && w.sent.readers&this.readers == 0:
		return Unchanged // what was sent is of the same second, and the log has yet to show it
	case w.site.started >= w.sent.end:
		return Unconfirmed
	}
	return ToSend
}

// isExpected reports whether a reader of every result may still report what the
// status file shows. It notes that this reader has missed something.
func (w *work) isExpected(rec *supervision.Record) bool {
	var delay time.Duration
	reads := false
	for _, r := range w.owners[classOf(rec.Entity)] {
		if w.opts.Order.reads(r.Name) {
			delay, reads = max(delay, r.Delay), true
		}
	}
	if !reads || w.perfdataOff {
		return false
	}
	if w.missing == 0 {
		w.missing = w.now.Unix()
	}
	return w.now.Unix()-w.missing < int64((delay+time.Second-1)/time.Second)
}

// differs reports whether Canopsis would see a difference.
func (s *report) differs(o report) bool {
	return s.state != o.state || s.otherType(o) ||
		o.saysText() && s.saysText() && s.output != o.output
}

func (s *report) overlaps(o report) bool {
	return s.epoch == o.epoch && s.start <= o.latest && o.start <= s.latest
}

// sendResult sends a result, and what waited for it or follows from it.
func (w *work) sendResult(rec *supervision.Record, r *reader, this report, mark Mark) {
	before := w.sent
	if rec.Check.Output == "" && !this.parts.text {
		if text := w.texts.of(this.state, this.end); text != "" {
			rec.Check.Output, this.output = text, outputHash(text)
			this.parts.text, this.parts.carried = true, true
			if mark == NoMark {
				mark = CarriedText
			}
		}
	}
	w.was = before.state
	w.noteSent(this)
	switch {
	case this.state != supervision.OK:
		w.problem = this.end
	case before.state != supervision.OK:
		w.over = this.end
	}
	w.settleConfirmation(rec)
	ends := w.endOfAck(rec, before)
	w.send(rec, r, mark)
	w.sendEndOfAck(rec, r, ends)
	w.settleAcks(rec, before)
	w.agree(rec, r)
}

// awaitConfirmation holds a state that is older than what was sent: the next
// result decides, or the supervisor that goes on to report it. A file that was
// written before that result does not do so.
func (w *work) awaitConfirmation(rec *supervision.Record, r *reader, this report) {
	if this.epoch == w.sent.epoch && shownAt(rec).Unix() < w.sent.end {
		w.drop(rec, r, Unconfirmed)
		return
	}
	for i := range w.object.held {
		h := &w.object.held[i]
		if h.need == forConfirmation {
			// The wait goes on from the first report, with the newest one.
			w.heldBytes -= h.size
			h.rec, h.size = clone(rec)
			h.reader = r.bit
			w.heldBytes += h.size
			w.drop(rec, r, Unconfirmed)
			return
		}
	}
	if !w.hold(rec, r, forConfirmation, w.now.Add(w.opts.Confirm)) {
		w.drop(rec, r, TooManyWaited)
		return
	}
	w.drop(rec, r, Unconfirmed)
}

// settleConfirmation forgets an older state when a newer report has come.
func (w *work) settleConfirmation(rec *supervision.Record) {
	if i := w.holds(forConfirmation); i >= 0 && !shownAt(rec).Before(shownAt(&w.object.held[i].rec)) {
		w.release(i)
	}
}

// settleIfAgreed forgets an older state when a later report has the state of the result
// sent last: the supervisor doesn't go on to report the older one.
func (w *work) settleIfAgreed(rec *supervision.Record) {
	if rec.Check.State == w.sent.state {
		w.settleConfirmation(rec)
	}
}

// shownAt is the moment of which a report is.
func shownAt(rec *supervision.Record) time.Time {
	if f := rec.Check.Flags; f != nil && f.At.After(rec.Time) {
		return f.At
	}
	return rec.Time
}

// OlderState marks a result, as a macro, that is older than the one sent before it:
// the supervisor goes on to report it.
const OlderState = "OLDERSTATE"

// confirm sends a state that the supervisor still reports, as that of now.
func (w *work) confirm(rec *supervision.Record, r *reader) {
	rec.Time = w.now.Truncate(time.Second)
	rec.Check.Extra = maps.Clone(rec.Check.Extra)
	if rec.Check.Extra == nil {
		rec.Check.Extra = map[string]string{}
	}
	rec.Check.Extra[OlderState] = "1"
	this := w.reportOf(rec, r, r.bit)
	now := w.now.Unix()
	this.start, this.end, this.latest, this.checked = now, now, now, 0
	this.timeless = true
	w.sendResult(rec, r, this, Confirmed)
}
