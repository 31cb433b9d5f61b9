package timeline

import (
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// flaps is the story of an object's flapping.
type flaps struct {
	now bool
	at  int64 // of the last change (unix seconds)
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
		if why := w.ofDowntimes().judge(&w.notes, rec, r, w.noteAlone); why != ToSend {
			w.drop(rec, r, why)
			return
		}
		w.send(rec, r, NoMark)
	}
}

func (w *work) flap(rec *supervision.Record, r *reader) {
	started := rec.Kind == supervision.FlappingStarted
	if w.flaps.now == started || r.View == Snapshot && rec.Time.Unix() <= w.flaps.at {
		w.drop(rec, r, Unchanged)
		return
	}
	w.flaps = flaps{now: started, at: rec.Time.Unix()}
	w.send(rec, r, NoMark)
}

func (w *work) comment(rec *supervision.Record, r *reader) {
	n := rec.Note
	if rec.Kind == supervision.CommentAdded && known(&w.notes.lastComment, n.ID, n.Loaded, r) ||
		w.notes.heard(textHash(rec.Kind.String(), n.Author, n.Text), r.bit, w.noteAlone) {
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

func (f *flaps) encode(e *encoder) {
	e.bits(f.now)
	e.int(f.at)
}

func (f *flaps) decode(d *decoder) { f.now, f.at = d.byte()&1 != 0, d.int() }
