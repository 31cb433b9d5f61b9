package arbiter

import (
	"slices"
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// maxEnded bounds the downtimes of one entity whose end the status file may
// still have to show.
const maxEnded = 16

// downtime judges what is said of a downtime. Nagios logs the first start and
// the last end of overlapping ones, without an id; the status file shows each.
func (f *facts) downtime(rec *supervision.Record, r witness) Reason {
	d := rec.Downtime
	switch rec.Kind {
	case supervision.DowntimeScheduled:
		if d.Loaded {
			f.loaded = append(f.loaded, d.ID)
		} else if r.View == Everything {
			f.begunAnew(d.ID)
		}
		if known(&f.lastDowntime, d.ID, d.Loaded, r) {
			return SeenAlready
		}
		// Nagios 4.4 keeps of a downtime's comment what is before the first ';'.
		comment, _, _ := strings.Cut(d.Comment, ";")
		hash := textHash(d.Author, comment, d.Start.UTC().String(), d.End.UTC().String())
		if f.heard(hash, r.bit) {
			return SeenAlready
		}
		return News
	case supervision.DowntimeStarted:
		return f.downtimeStarted(rec, r)
	default: // ended, cancelled
		if d.ID == 0 {
			return f.downtimesOver(rec)
		}
		return f.downtimeOver(rec, r)
	}
}

func (f *facts) downtimeStarted(rec *supervision.Record, r witness) Reason {
	d := rec.Downtime
	running := len(f.downtimes) > 0 || f.downtimeSaid
	if d.ID == 0 {
		f.downtimeSaid = true
		if running {
			return NoChange
		}
		return News
	}
	if slices.Contains(f.downtimes, d.ID) {
		return NoChange
	}
	if r.View == Everything {
		f.begunAnew(d.ID)
	} else if slices.Contains(f.ended, d.ID) {
		return SeenAlready // a status file from before its end
	}
	if f.endedUnknown != 0 && rec.Time.Unix() <= f.endedUnknown {
		// The log was ahead, and has told its end.
		f.endTold(d.ID)
		return SeenAlready
	}
	known := f.downtimeSaid && len(f.downtimes) == 0
	f.downtimes = append(f.downtimes, d.ID)
	if known {
		return SeenAlready
	}
	return News
}

// downtimesOver judges an end that is told without an id: no downtime of the
// object is running any more. The status file will show the end of each.
func (f *facts) downtimesOver(rec *supervision.Record) Reason {
	if rec.Downtime.Text == "" {
		return OnlyAnOrder
	}
	if len(f.downtimes) == 0 && !f.downtimeSaid {
		return NoChange
	}
	f.endTold(f.downtimes...)
	f.endedUnknown = 0
	if len(f.downtimes) == 0 {
		f.endedUnknown = rec.Time.Unix()
	}
	f.downtimes, f.downtimeSaid = nil, false
	return News
}

// endTold remembers downtimes whose end was told.
func (f *facts) endTold(ids ...int64) {
	f.ended = append(f.ended, ids...)
	f.ended = slices.Delete(f.ended, 0, max(len(f.ended)-maxEnded, 0))
}

// begunAnew forgets the end of a downtime that is there again: a supervisor that
// was killed has read an older retention file, or its numbers begin anew.
func (f *facts) begunAnew(id int64) {
	f.ended = slices.DeleteFunc(f.ended, func(ended int64) bool { return ended == id })
}

// downtimeOver judges the end of one downtime. A broker module tells the end,
// and then that the supervisor has forgotten it; some time later the status file
// shows it gone.
func (f *facts) downtimeOver(rec *supervision.Record, r witness) Reason {
	d := rec.Downtime
	if i := slices.Index(f.ended, d.ID); i >= 0 {
		if r.View != Everything {
			f.ended = slices.Delete(f.ended, i, i+1)
		}
		return SeenAlready
	}
	running := slices.Index(f.downtimes, d.ID)
	if r.View == Everything {
		f.endTold(d.ID)
	}
	switch {
	case running >= 0:
		f.downtimes = slices.Delete(f.downtimes, running, running+1)
		if len(f.downtimes) == 0 {
			f.downtimeSaid = false
		}
		return News
	case f.endedUnknown != 0 && d.Start.Unix() <= f.endedUnknown:
		f.endedUnknown = 0
		return SeenAlready
	case rec.Kind == supervision.DowntimeCancelled:
		return News // one that was scheduled and never began
	}
	return NoChange
}
