package timeline

import (
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// agree brings what is remembered of an object in line with the conditions that a
// broker module or the status file reports with a result: they have the last
// word. What ended while nobody looked, in a supervisor that was killed or whose
// retention file was edited, ends now; an order that the supervisor refused
// silently is taken back.
func (w *work) agree(rec *supervision.Record, r *reader) {
	flags := rec.Check.Flags
	if flags == nil || r.View != Everything && r.View != Snapshot {
		return
	}
	shown := *rec // at the moment that the file shows, not at that of the check
	if !flags.At.IsZero() {
		shown.Time = flags.At
	}
	w.agreeOnAck(&shown, r)
	w.agreeOnFlapping(&shown, r)
	w.agreeOnDowntimes(&shown, r)
}

// derive sends a record that follows from another one.
func (w *work) derive(from *supervision.Record, r *reader, rec supervision.Record) {
	rec.Entity, rec.Time, rec.Ref = from.Entity, from.Time, from.Ref+"#"+rec.Kind.String()
	w.send(&rec, r, Derived)
}

func (w *work) agreeOnAck(rec *supervision.Record, r *reader) {
	flags, a := rec.Check.Flags, &w.ack
	isProblem := w.sent.set && w.sent.state != supervision.OK
	this := w.stampIn(rec, r)
	denied := this // what was given before that moment
	if r.View == Snapshot {
		denied = this.less(ackDelay)
	}
	switch {
	case a.given && !flags.Acknowledged && a.isBefore(denied):
		atOnce := isProblem || w.opts.EndAcksAtOnce
		a.end(this, !atOnce)
		if atOnce {
			w.sendEndOfAck(rec, r, endedBySilence)
		}
	case !a.given && flags.Acknowledged && isProblem && r.View == Snapshot && a.isBefore(this) &&
		w.holds(forNote) < 0:
		derived := supervision.Record{Kind: supervision.Acknowledged, Entity: rec.Entity, Time: rec.Time,
			Ref: rec.Ref + "#acknowledged", Note: &supervision.Note{Sticky: true}}
		if !w.hold(&derived, r, forNote, w.now.Add(noteWait)) {
			w.drop(&derived, r, TooManyWaited)
		}
	case !a.given && flags.Acknowledged && isProblem && r.View == Everything && rec.Kind == supervision.PresentState:
		// Its comment was deleted, so nobody reports who it was.
		w.ack = ack{
			given: true, by: r.bit, stamp: this, of: w.sent.state,
		}
		w.derive(rec, r, supervision.Record{Kind: supervision.Acknowledged, Note: &supervision.Note{}})
	}
}

// agreeOnFlapping ends or begins flapping. A result that is checked now has its
// own record of a change right before or after it, so it only ends what a
// supervisor has forgotten in a restart.
func (w *work) agreeOnFlapping(rec *supervision.Record, r *reader) {
	f, this := &w.flaps, w.stampIn(rec, r)
	if rec.Check.Flags.Flapping == f.now || !f.isBefore(this.less(ackDelay)) {
		return
	}
	if r.View == Everything && rec.Kind != supervision.PresentState && (!f.now || f.at >= w.site.started) {
		return
	}
	f.now, f.stamp = !f.now, this
	kind := supervision.FlappingStopped
	if f.now {
		kind = supervision.FlappingStarted
	}
	w.derive(rec, r, supervision.Record{Kind: kind, Flapping: &supervision.Flapping{}})
}

func (w *work) agreeOnDowntimes(rec *supervision.Record, r *reader) {
	d := w.downtimes
	if d == nil {
		return
	}
	switch {
	case r.View == Everything && rec.Kind == supervision.PresentState:
		// A supervisor that starts begins its downtimes anew, a moment later, so
		// their depth means nothing yet.
		w.endDowntimes(rec, r, func(id int64) bool { return !slices.Contains(d.loaded, id) })
		d.loaded, d.unnamed = nil, len(d.running) > 0
	case r.View == Snapshot && d.isDeniedBy(rec, w.stampIn(rec, r)) && rec.Time.Unix() > w.site.begun+beginAnew &&
		w.holds(forEnd) < 0:
		if !w.hold(rec, r, forEnd, w.now.Add(noteWait)) {
			w.endAllDowntimes(rec, r)
		}
	}
}

// beginAnew is how long after its start a supervisor may take to begin its downtimes
// anew.
const beginAnew = 60 // seconds

// isDeniedBy reports whether a result shows its object in no downtime, later than
// one began or ended last.
func (d *downtimes) isDeniedBy(rec *supervision.Record, shown stamp) bool {
	return d.depth() > 0 && rec.Check.Flags.DowntimeDepth == 0 && d.changed.isBefore(shown.less(ackDelay))
}

// endAllDowntimes ends the downtimes that the status file denies.
func (w *work) endAllDowntimes(rec *supervision.Record, r *reader) {
	d := w.ofDowntimes()
	if !d.isDeniedBy(rec, w.stampIn(rec, r)) {
		return
	}
	if len(d.running) == 0 {
		w.derive(rec, r, supervision.Record{Kind: supervision.DowntimeEnded, Downtime: &supervision.Downtime{}})
	}
	w.endDowntimes(rec, r, func(int64) bool { return true })
	d.unnamed = false
}

// endDowntimes ends the running downtimes that are over.
func (w *work) endDowntimes(rec *supervision.Record, r *reader, over func(id int64) bool) {
	d := w.downtimes
	if d == nil {
		return
	}
	running := d.running
	d.running = slices.DeleteFunc(slices.Clone(running), over)
	for _, id := range running {
		if over(id) {
			d.noteEnd(id)
			w.derive(rec, r, supervision.Record{
				Kind: supervision.DowntimeEnded, Downtime: &supervision.Downtime{ID: id},
			})
		}
	}
}
