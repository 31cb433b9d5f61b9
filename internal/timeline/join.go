package timeline

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// mayCome reports whether a report of a held record may still come, after another
// result of a reader of every result. One without an ALERT has the state that
// the object had before, which shows on which side of the held change it is.
func (w *work) mayCome(rec *supervision.Record, r *reader, held int) bool {
	h := &w.object.held[held]
	if rec.Time.Unix() > h.rec.Time.Unix()+ownDelay {
		return false
	}
	this := w.reportOf(rec, r, r.bit)
	if w.isBefore(this, h) {
		return true
	}
	behind := this.continues(w.reportOf(&h.rec, w.readerOf(h.reader), h.reader))
	if !behind || !w.sent.set {
		return !behind
	}
	isSoft := w.sent.state != supervision.OK && w.sent.stateType == supervision.Soft
	return this.continues(w.sent) && !(isSoft && w.opts.SoftChanges[classOf(rec.Entity)])
}

// continues reports whether an object is in the state that another result had.
func (s *report) continues(o report) bool { return s.state == o.state && !s.contradicts(o) }

// joinHeld takes a held report of the same result out, if there is one. Readers report
// in the supervisor's order, so what is held of this one comes first, and nothing
// more comes of what the other one has reported before.
func (w *work) joinHeld(rec *supervision.Record, r *reader) (h heldRecord, ok bool) {
	for i := w.joins(rec, r); i >= 0; i = w.joins(rec, r) {
		front := w.heldOf(r.bit)
		if front < 0 {
			front = w.heldOf(w.object.held[i].reader)
		}
		if front == i {
			return w.release(i), true
		}
		w.giveUp(front)
	}
	return h, false
}

// heldOf returns the index of the first result of a reader that is held for a
// report of another one, -1 if there is none.
func (w *work) heldOf(reader readerSet) int {
	return slices.IndexFunc(w.object.held, func(h heldRecord) bool { return h.need == forReport && h.reader == reader })
}

// joins returns the index of a held report of the same result by another reader,
// -1 if there is none.
func (w *work) joins(rec *supervision.Record, r *reader) int {
	if w.holds(forReport) < 0 {
		return -1
	}
	this := w.reportOf(rec, r, r.bit)
	sent := w.wasSent(this)
	for i := range w.object.held {
		h := &w.object.held[i]
		if h.need != forReport || w.isBefore(this, h) {
			continue
		}
		other := w.reportOf(&h.rec, w.readerOf(h.reader), h.reader)
		if other.sameAs(this) && (sent == nil || this.distance(other) < this.distance(*sent)) {
			return i
		}
	}
	return -1
}

// isBefore reports whether a result was processed before a held one, whose reader
// has reported it behind the result sent last.
func (w *work) isBefore(this report, h *heldRecord) bool {
	return w.sent.readers&h.reader != 0 && this.precedes(w.sent)
}

// precedes reports whether a result was processed before another one that its reader
// has not reported yet, and so before all that was reported behind that.
func (s *report) precedes(o report) bool {
	return s.exact && o.exact && s.epoch == o.epoch && s.end < o.end && s.readers&o.readers == 0
}

// distance is how many seconds two reports are apart. Of two that look the same, a
// reader reports the one that was sent before the one that is held.
func (s *report) distance(o report) int64 { return max(s.end-o.end, o.end-s.end) }

// wasSent returns the result that was sent of which this is another report, nil if
// there is none. What its reader reports comes after what it has reported before.
func (w *work) wasSent(this report) (same *report) {
	if !w.sent.set {
		return nil
	}
	reported := int64(-1 << 62)
	for i := len(w.earlier); i >= 0; i-- {
		r := &w.sent
		if i < len(w.earlier) {
			r = &w.earlier[i]
		}
		switch {
		case r.latest >= reported && r.sameAs(this):
			same = r
		case this.precedes(*r):
			same = nil
		}
		if r.readers&this.readers != 0 {
			reported = max(reported, r.end)
		}
	}
	return same
}

// noteSent remembers a result that is sent.
func (w *work) noteSent(this report) {
	if w.sent.set && w.sent.epoch == this.epoch && w.sent.end >= this.end-reapDelay {
		w.earlier = append(w.earlier, w.sent)
	}
	w.sent = this
	w.earlier = slices.DeleteFunc(w.earlier, func(r report) bool {
		return r.epoch != this.epoch || r.end < this.end-reapDelay
	})
	w.earlier = slices.Delete(w.earlier, 0, max(len(w.earlier)-maxEarlier, 0))
	if len(w.earlier) == 0 {
		w.earlier = nil
	}
}

// maxEarlier bounds how many results of a few seconds are remembered.
const maxEarlier = 256
