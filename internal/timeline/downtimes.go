package timeline

import (
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// maxEnded bounds the downtimes of one object whose end the status file may
// still have to show.
const maxEnded = 64

// downtimes is the story of an object's downtimes. Nagios logs the first start
// and the last end of overlapping ones, without an id; the status file shows
// each.
type downtimes struct {
	running []int64 // ids, as far as reported
	unnamed bool    // one is running whose id was not reported
	changed stamp   // when one began or ended last
	// ended are those whose end was reported, which the status file may still
	// show; endedUnnamed is the moment of an end that was reported when not even
	// the ids were known; zero if none was.
	ended        []int64
	endedUnnamed stamp
	// last is the greatest id that a broker module reported; loaded are those that
	// a supervisor which starts has taken over, until it reports the state of the
	// object.
	last   int64
	loaded []int64
}

func (d *downtimes) depth() int {
	if d == nil {
		return 0
	}
	if len(d.running) == 0 && d.unnamed {
		return 1
	}
	return len(d.running)
}

func (d *downtimes) changedAt() stamp {
	if d == nil {
		return stamp{}
	}
	return d.changed
}

// judge judges what is reported of a downtime, in an epoch.
func (d *downtimes) judge(notes *notes, rec *supervision.Record, r *reader, epoch uint32, alone bool) (why Reason) {
	this := stamp{rec.Time.Unix(), epoch}
	switch rec.Kind {
	case supervision.DowntimeScheduled:
		return d.scheduled(notes, rec, r, alone)
	case supervision.DowntimeStarted:
		why = d.started(rec, r, this)
	default: // ended, cancelled
		if rec.Downtime.ID == 0 {
			why = d.allOver(rec, this)
		} else {
			why = d.over(rec, r, epoch)
		}
	}
	if why == ToSend && !d.changed.isAfter(this) {
		d.changed = this
	}
	return why
}

func (d *downtimes) scheduled(notes *notes, rec *supervision.Record, r *reader, alone bool) Reason {
	this := rec.Downtime
	if this.Loaded {
		d.loaded = append(d.loaded, this.ID)
	} else if r.View == Everything {
		d.beginAnew(this.ID)
	}
	// Nagios 4.4 keeps of a downtime's comment what is before the first ';'.
	comment, _, _ := strings.Cut(this.Comment, ";")
	hash := textHash(this.Author, comment, this.Start.UTC().String(), this.End.UTC().String())
	reported := said{hash, r.bit, entryOf(r, this.ID, this.Entry)}
	if known(&d.last, this.ID, this.Loaded, r) || notes.heard(reported, alone) {
		return SeenAlready
	}
	return ToSend
}

func (d *downtimes) started(rec *supervision.Record, r *reader, this stamp) Reason {
	id := rec.Downtime.ID
	if id == 0 {
		running := d.depth() > 0
		d.unnamed = true
		if running {
			return Unchanged
		}
		return ToSend
	}
	if slices.Contains(d.running, id) {
		return Unchanged
	}
	if r.View == Everything {
		d.beginAnew(id)
	} else if slices.Contains(d.ended, id) {
		return SeenAlready // a status file from before its end
	}
	if d.endedUnnamed.at != 0 && !d.endedUnnamed.isBefore(this) {
		// The log was ahead, and has reported its end.
		d.noteEnd(id)
		return SeenAlready
	}
	known := d.unnamed && len(d.running) == 0
	d.running = append(d.running, id)
	if known {
		return SeenAlready
	}
	return ToSend
}

// allOver judges an end that is reported without an id: no downtime of the
// object is running any more. The status file will show the end of each.
func (d *downtimes) allOver(rec *supervision.Record, this stamp) Reason {
	if rec.Downtime.Text == "" {
		return OnlyAnOrder
	}
	if d.depth() == 0 {
		return Unchanged
	}
	d.noteEnd(d.running...)
	d.endedUnnamed = stamp{}
	if len(d.running) == 0 {
		d.endedUnnamed = this
	}
	d.running, d.unnamed = nil, false
	return ToSend
}

// over judges the end of one downtime. A broker module reports the end, and then
// that the supervisor has forgotten it; some time later the status file shows it
// gone.
func (d *downtimes) over(rec *supervision.Record, r *reader, epoch uint32) Reason {
	id := rec.Downtime.ID
	if i := slices.Index(d.ended, id); i >= 0 {
		if r.View != Everything {
			d.ended = slices.Delete(d.ended, i, i+1)
		}
		return SeenAlready
	}
	running := slices.Index(d.running, id)
	if r.View == Everything {
		d.noteEnd(id)
	}
	switch {
	case running >= 0:
		d.running = slices.Delete(d.running, running, running+1)
		if len(d.running) == 0 {
			d.unnamed = false
		}
		return ToSend
	case d.endedUnnamed.at != 0 && !d.endedUnnamed.isBefore(stamp{rec.Downtime.Start.Unix(), epoch}):
		d.endedUnnamed = stamp{}
		return SeenAlready
	case rec.Kind == supervision.DowntimeCancelled:
		return ToSend // one that was scheduled and never began
	}
	return Unchanged
}

// noteEnd remembers downtimes whose end was reported.
func (d *downtimes) noteEnd(ids ...int64) {
	d.ended = append(d.ended, ids...)
	d.ended = slices.Delete(d.ended, 0, max(len(d.ended)-maxEnded, 0))
}

// beginAnew forgets the end of a downtime that is there again: a supervisor that
// was killed has read an older retention file, or its numbers begin anew.
func (d *downtimes) beginAnew(id int64) {
	d.ended = slices.DeleteFunc(d.ended, func(ended int64) bool { return ended == id })
}

func (d *downtimes) isEmpty() bool {
	return d == nil || len(d.running)+len(d.ended)+len(d.loaded) == 0 && !d.unnamed && d.endedUnnamed == stamp{} &&
		d.last == 0 && d.changed == stamp{}
}

func (d *downtimes) encode(e *encoder) {
	e.bits(d.unnamed)
	d.changed.encode(e)
	d.endedUnnamed.encode(e)
	e.int(d.last)
	e.ints(d.running)
	e.ints(d.ended)
	e.ints(d.loaded)
}

func (d *downtimes) decode(from *decoder) {
	d.unnamed = from.byte()&1 != 0
	d.changed.decodeDated(from)
	d.endedUnnamed.decodeDated(from)
	d.last = from.int()
	d.running, d.ended, d.loaded = from.ints(), from.ints(), from.ints()
}
