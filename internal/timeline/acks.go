package timeline

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// ackDelay is how many seconds the comment of an acknowledgement may be younger
// than the acknowledgement: they are made one after the other, around the end
// of a second.
const ackDelay = 2

// ack is the story of an object's acknowledgement.
type ack struct {
	stamp         // when it was given, or ended
	text   uint64 // hash of author and text
	by     readerSet
	given  bool
	sticky bool
	// lapsed: it ended with its problem. Canopsis still shows it on the alarm, and
	// learns it at the next problem.
	lapsed bool
	// of is the state that was acknowledged; StateNotReported: not known yet.
	of supervision.State
}

// end notes that it ended, and whether that was with its problem.
func (a *ack) end(at stamp, lapsed bool) {
	a.given, a.lapsed = false, lapsed
	if !a.isAfter(at) {
		a.stamp = at
	}
}

// How an acknowledgement may end by a check result.
const (
	endedByRecovery = "acknowledgement cleared by recovery"
	endedByChange   = "acknowledgement cleared by a change of state"
	endedBySilence  = "the supervisor reports no acknowledgement"
)

// acknowledge judges an acknowledgement. It never leaves before its problem.
func (w *work) acknowledge(rec *supervision.Record, r *reader, mark Mark) {
	n, at, a := rec.Note, rec.Time.Unix(), &w.ack
	text := textHash(supervision.Acknowledged.String(), n.Author, n.Text)
	this := said{hash: text, readers: r.bit}
	if !n.Loaded { // else nobody knows when it was given
		this.entry = uint32(at)
	}
	if w.notes.heardAck(this, r.View == Snapshot, w.noteAlone) || a.given && w.isRepeated(rec, r, text) {
		a.by |= r.bit
		w.drop(rec, r, SeenAlready)
		return
	}
	if i := w.holds(forNote); i >= 0 && mark != Derived {
		w.release(i)
	}
	switch {
	case w.sent.set && w.sent.state != supervision.OK:
		w.noteAck(rec, r, text)
		w.send(rec, r, mark)
		if !rec.Note.Sticky && w.precedesLastChange(at, r) {
			w.ack.end(w.stampIn(rec, r), false)
			w.sendEndOfAck(rec, r, endedByChange)
		}
	case w.problem != 0 && w.problem <= at+ackDelay && w.isOver(at, r):
		// Its problem is over already. Canopsis still has the alarm.
		w.noteAck(rec, r, text)
		a.given, a.lapsed = false, true
		w.send(rec, r, mark)
	default:
		if !w.hold(rec, r, forProblem, w.now.Add(problemWait)) {
			w.drop(rec, r, TooManyWaited)
		}
	}
}

// precedesLastChange reports whether the result sent last changed the state in the
// second of an acknowledgement, and comes after it in the log.
func (w *work) precedesLastChange(acked int64, r *reader) bool {
	return r.View == Changes && w.sent.end == acked && w.sent.readers&r.bit == 0 &&
		w.was != supervision.OK && w.was != w.sent.state
}

// isOver reports whether a problem that was acknowledged ended after that. In one
// second it did if the reader has yet to report the end.
func (w *work) isOver(acked int64, r *reader) bool {
	if w.over != acked {
		return w.over > acked
	}
	reported := w.sent.readers
	for _, sent := range w.earlier {
		if sent.end == w.over {
			reported |= sent.readers
		}
	}
	return reported&r.bit == 0
}

// isRepeated reports whether an acknowledgement is the one that stands: one of which
// only the flag is known; what another reader reports that was given by then; what a
// supervisor reports again at its start, together with earlier ones whose comments
// it has kept. What its reader reports a second time was given a second time.
func (w *work) isRepeated(rec *supervision.Record, r *reader, text uint64) bool {
	a, n := &w.ack, rec.Note
	byThen := !a.less(-ackDelay).isBefore(w.stampIn(rec, r))
	switch {
	case n.Author == "" && n.Text == "":
		return a.text == text || a.by&r.bit == 0
	case n.Loaded:
		return a.text == text || a.by&r.bit == 0 || byThen
	}
	return a.by&r.bit == 0 && byThen
}

func (w *work) noteAck(rec *supervision.Record, r *reader, text uint64) {
	w.ack = ack{
		given: true, sticky: rec.Note.Sticky, text: text, by: r.bit, stamp: w.stampIn(rec, r), of: w.sent.state,
	}
}

// settleAcks judges the acknowledgements that waited for a result.
func (w *work) settleAcks(rec *supervision.Record, before report) {
	for {
		i := slices.IndexFunc(w.object.held, func(h heldRecord) bool {
			return h.need == forProblem && (w.sent.state != supervision.OK || rec.Time.Unix() >= h.rec.Time.Unix())
		})
		if i < 0 {
			return
		}
		h := w.release(i)
		r := w.readerOf(h.reader)
		if w.sent.state == supervision.OK || w.wasWell(&h.rec, rec, before) {
			w.drop(&h.rec, r, Refused)
			continue
		}
		w.noteAck(&h.rec, r, textHash(supervision.Acknowledged.String(), h.rec.Note.Author, h.rec.Note.Text))
		w.send(&h.rec, r, NoMark)
	}
}

// wasWell reports whether an object was well when it was acknowledged, which a
// supervisor refuses without a word: the problem came later and is the first after
// the object was well.
func (w *work) wasWell(acked, problem *supervision.Record, before report) bool {
	c := problem.Check
	switch {
	case acked.Time.Unix()+ackDelay >= problem.Time.Unix():
		return false
	case c.StateType == supervision.Soft && c.Attempt == 1:
		return true
	case !before.set || before.state != supervision.OK:
		return false
	}
	return w.showsEachChange(classOf(acked.Entity), before)
}

// showsEachChange reports whether a reader would have shown each change of state
// since a result.
func (w *work) showsEachChange(class int, since report) bool {
	if w.logIsCompleteSince(class) <= since.end {
		return true
	}
	for _, r := range w.owners[class] {
		if r.HasState && since.readers&r.bit != 0 {
			return true
		}
	}
	return false
}

// removeAck judges the end of an acknowledgement that a reader reports.
func (w *work) removeAck(rec *supervision.Record, r *reader) {
	if i := w.holds(forProblem); i >= 0 && rec.Time.Unix() >= w.object.held[i].rec.Time.Unix() {
		h := w.release(i) // it ends before it could be sent
		w.drop(&h.rec, w.readerOf(h.reader), Unchanged)
	}
	this := w.stampIn(rec, r)
	older := w.ack.isAfter(this) || r.View == Snapshot && this == w.ack.stamp && w.ack.by&r.bit == 0
	if !w.ack.given || older {
		w.drop(rec, r, Unchanged)
		return
	}
	recovered := rec.Note.Recovered || w.sent.set && w.sent.state == supervision.OK
	if recovered && !w.opts.EndAcksAtOnce {
		w.ack.end(this, true)
		w.drop(rec, r, Unchanged)
		return
	}
	w.ack.end(this, false)
	w.send(rec, r, NoMark)
}

// endOfAck notes whether a result ends the acknowledgement, as Nagios does
// (base/checks.c): a recovery ends every acknowledgement, any other change of
// state one that is not sticky. It returns why an end is to be sent, empty if
// none is.
func (w *work) endOfAck(rec *supervision.Record, before report) (why string) {
	a := &w.ack
	if w.sent.state != supervision.OK && a.lapsed {
		a.lapsed = false
		if rec.Check.Flags == nil || !rec.Check.Flags.Acknowledged {
			return endedByRecovery
		}
		a.given = true // it was given again, or never ended
		return ""
	}
	this := stamp{rec.Time.Unix(), w.sent.epoch}
	if !a.given || a.isAfter(this) || rec.Kind != supervision.CheckResult {
		return ""
	}
	if a.of == supervision.StateNotReported {
		a.of = before.state
	}
	switch {
	case w.sent.state == supervision.OK && w.opts.EndAcksAtOnce:
		a.end(this, false)
		return endedByRecovery
	case w.sent.state == supervision.OK:
		a.end(this, true)
	case w.sent.state != a.of && !a.sticky && (rec.Check.Flags == nil || !rec.Check.Flags.Acknowledged):
		a.end(this, false)
		return endedByChange
	}
	return ""
}

func (w *work) sendEndOfAck(rec *supervision.Record, r *reader, why string) {
	if why == "" {
		return
	}
	w.send(&supervision.Record{
		Kind: supervision.AcknowledgementRemoved, Entity: rec.Entity, Time: rec.Time,
		Ref: rec.Ref + "#ackremove", Note: &supervision.Note{Text: why},
	}, r, Derived)
}

func (a *ack) encode(e *encoder) {
	e.bits(a.given, a.sticky, a.lapsed)
	e.uint(a.text)
	e.uint(uint64(a.by))
	a.stamp.encode(e)
	*e = append(*e, byte(a.of))
}

func (a *ack) decode(d *decoder) {
	bits := d.byte()
	a.given, a.sticky, a.lapsed = bits&1 != 0, bits&2 != 0, bits&4 != 0
	a.text, a.by = d.uint(), readerSet(d.uint())
	a.stamp.decode(d)
	a.of = supervision.State(d.byte())
}
