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
func (f *facts) downtime(rec *supervision.Record, r reader) Reason {
	d := rec.Downtime
	switch rec.Kind {
	case supervision.DowntimeScheduled:
		if d.Loaded {
			f.loaded = append(f.loaded, d.ID)
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
		return f.downtimeStarted(rec)
	default: // ended, cancelled
		if d.ID == 0 {
			return f.downtimesOver(rec)
		}
		return f.downtimeOver(rec, r)
	}
}

func (f *facts) downtimeStarted(rec *supervision.Record) Reason {
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
	if f.endedUnknown != 0 && rec.Time.Unix() <= f.endedUnknown {
		// The log was ahead, and has told its end.
		f.ended = append(f.ended, d.ID)
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
	f.ended = append(f.ended, f.downtimes...)
	f.ended = slices.Delete(f.ended, 0, max(len(f.ended)-maxEnded, 0))
	f.endedUnknown = 0
	if len(f.downtimes) == 0 {
		f.endedUnknown = rec.Time.Unix()
	}
	f.downtimes, f.downtimeSaid = nil, false
	return News
}

// downtimeOver judges the end of one downtime. A broker module tells the end,
// and then that the supervisor has forgotten it.
func (f *facts) downtimeOver(rec *supervision.Record, r reader) Reason {
	d := rec.Downtime
	if i := slices.Index(f.ended, d.ID); i >= 0 {
		f.ended = slices.Delete(f.ended, i, i+1)
		return SeenAlready
	}
	running := slices.Index(f.downtimes, d.ID)
	if r.View == Everything && !d.Forgotten {
		f.ended = append(f.ended, d.ID)
		f.ended = slices.Delete(f.ended, 0, max(len(f.ended)-maxEnded, 0))
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
