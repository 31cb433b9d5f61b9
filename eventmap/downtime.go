package eventmap

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// downtimeText describes a downtime in words, with its times in UTC.
func downtimeText(kind supervision.Kind, dt *supervision.Downtime) string {
	text := kind.String()
	if plausible(dt.Start) && plausible(dt.End) {
		text += " (" + dt.Start.UTC().Format(time.RFC3339) + " to " + dt.End.UTC().Format(time.RFC3339) + ")"
	}
	if dt.Comment != "" {
		text += ": " + dt.Comment
	} else if dt.Text != "" {
		text += ": " + dt.Text
	}
	return text
}

// downtimeChanges names what happened to a downtime.
var downtimeChanges = map[supervision.Kind]string{
	supervision.DowntimeScheduled: "scheduled",
	supervision.DowntimeStarted:   "started",
	supervision.DowntimeEnded:     "ended",
	supervision.DowntimeCancelled: "cancelled",
}

// downtimeEntry writes when the downtime was entered. Canopsis 2 needs a value:
// when the entry was not reported, it is the moment of the record.
func (d *draft) downtimeEntry() {
	entry := d.rec.Downtime.Entry
	if d.typ == downtimeEvent && !plausible(entry) {
		d.integer(d.timestamp)
		return
	}
	d.seconds(entry)
}

// downtimePeriod returns when a downtime begins and ends. A flexible one may start at any
// time within its period, with the first problem, and lasts for its duration from then.
func (d *draft) downtimePeriod() (start, end time.Time) {
	dt := d.rec.Downtime
	if d.rec.Kind != supervision.DowntimeStarted || dt.Fixed || dt.Duration <= 0 || !plausible(dt.Start) {
		return dt.Start, dt.End
	}
	if start = d.rec.Time; start.Before(dt.Start) {
		start = dt.Start
	}
	return start, start.Add(dt.Duration)
}

// downtimeDuration writes how long the downtime lasts: in days for Canopsis 2,
// in seconds for a target.
func (d *draft) downtimeDuration() {
	dt := d.rec.Downtime
	duration := dt.Duration
	if dt.Fixed || duration <= 0 {
		if !plausible(dt.Start) || !plausible(dt.End) {
			d.notReported()
			return
		}
		duration = dt.End.Sub(dt.Start)
	}
	if d.typ == downtimeEvent {
		d.number(duration.Hours() / 24)
		return
	}
	d.number(duration.Seconds())
}

// downtimeFixed writes whether the downtime is fixed. A reader that doesn't know
// its period doesn't know that either.
func (d *draft) downtimeFixed() {
	dt := d.rec.Downtime
	if d.typ == downtimeChange && !plausible(dt.Start) && !plausible(dt.End) {
		d.notReported()
		return
	}
	d.boolean(dt.Fixed)
}

// downtimeID writes the number of the downtime. A pbehavior of Canopsis 3 must not
// have a number that others have too, so it has none when the number was not
// reported; Canopsis 2 needs a value.
func (d *draft) downtimeID() {
	switch id := d.rec.Downtime.ID; {
	case id != 0 || d.typ == downtimeEvent:
		d.integer(id)
	case d.typ == pbehaviorEvent:
		d.leaveOut()
	default:
		d.notReported()
	}
}

// triggeredBy writes the number of the downtime that starts this one.
func (d *draft) triggeredBy() {
	if id := d.rec.Downtime.TriggeredBy; id > 0 {
		d.integer(id)
		return
	}
	d.notReported()
}

func (d *draft) pbehaviorAction() string {
	if d.rec.Kind == supervision.DowntimeCancelled {
		return "delete"
	}
	return "create"
}

func (d *draft) pbehaviorName() string {
	id := appendEntityID(nil, d.component, d.resource)
	return "downtime " + string(id) + " " + d.rec.Downtime.Start.UTC().Format(time.RFC3339)
}
