package timeline

import (
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// flaps is the story of an object's flapping.
type flaps struct {
	now   bool
	stamp // of the last change
}

// condition judges what is no check result.
func (w *work) condition(rec *supervision.Record, r *reader) {
	switch rec.Kind {
	case supervision.Acknowledged:
		w.acknowledge(rec, r, NoMark)
	case supervision.AcknowledgementRemoved:
		w.removeAck(rec, r)
	case supervision.FlappingStarted, supervision.FlappingStopped:
		w.flap(rec, r)
	case supervision.CommentAdded, supervision.CommentDeleted:
		w.comment(rec, r)
	default:
		if why := w.ofDowntimes().judge(&w.notes, rec, r, w.epochOf(r), w.noteAlone); why != ToSend {
			w.drop(rec, r, why)
			return
		}
		w.send(rec, r, NoMark)
	}
}

func (w *work) flap(rec *supervision.Record, r *reader) {
	started := rec.Kind == supervision.FlappingStarted
	this := w.stampIn(rec, r)
	if w.flaps.now == started || r.View == Snapshot && !w.flaps.isBefore(this) {
		w.drop(rec, r, Unchanged)
		return
	}
	w.flaps = flaps{now: started, stamp: this}
	w.send(rec, r, NoMark)
}

func (w *work) comment(rec *supervision.Record, r *reader) {
	n := rec.Note
	if rec.Kind == supervision.CommentAdded && known(&w.notes.lastComment, n.ID, n.Loaded, r) ||
		w.notes.heard(said{
			textHash(rec.Kind.String(), n.Author, n.Text), r.bit, entryOf(r, n.ID, rec.Time),
		}, w.noteAlone) {
		w.drop(rec, r, SeenAlready)
		return
	}
	w.send(rec, r, NoMark)
}

// known reports whether a comment or downtime was reported before, by the
// greatest id that a broker module reported of the object: ids grow. A module's
// own is known only if a starting supervisor has taken it over.
func known(last *int64, id int64, loaded bool, r *reader) bool {
	switch {
	case id == 0:
		return false
	case r.View != Everything:
		return id <= *last
	case loaded && id <= *last:
		return true
	}
	*last = id
	return false
}

// encodeFlaps stores the flapping, and whether the status file has something to show.
func (o *object) encodeFlaps(e *encoder) {
	e.bits(o.flaps.now, o.doubtful)
	o.flaps.stamp.encode(e)
}

func (o *object) decodeFlaps(d *decoder) {
	bits := d.byte()
	o.flaps.now, o.doubtful = bits&1 != 0, bits&2 != 0
	o.flaps.stamp.decodeDated(d)
}
