package eventmap

import (
	"strings"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// eventTypes returns the types of event that a record becomes.
func (m *Mapper) eventTypes(rec *supervision.Record) (eventType, Outcome) {
	on := m.options.Events
	switch rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		return m.ofCheck(rec)
	case supervision.Acknowledged:
		return switched(on.Ack, ackEvent)
	case supervision.AcknowledgementRemoved:
		return switched(on.AckRemove, ackRemoveEvent)
	case supervision.CommentAdded:
		if rec.Note == nil {
			return 0, unmappable("a comment without its text")
		}
		return switched(on.Comment, commentEvent)
	case supervision.FlappingStarted, supervision.FlappingStopped:
		return switched(on.Flapping, commentEvent)
	case supervision.DowntimeScheduled, supervision.DowntimeStarted,
		supervision.DowntimeEnded, supervision.DowntimeCancelled:
		return m.ofDowntime(rec)
	case supervision.CommentDeleted, supervision.Notification,
		supervision.SupervisorStarted, supervision.SupervisorReloaded, supervision.SupervisorStopped:
		return 0, Outcome{Reason: NoEventType}
	}
	return 0, unmappable("a record of an unknown kind")
}

func switched(on bool, types eventType) (eventType, Outcome) {
	if !on {
		return 0, Outcome{Reason: TypeOff}
	}
	return types, Outcome{}
}

func (m *Mapper) ofCheck(rec *supervision.Record) (eventType, Outcome) {
	check := rec.Check
	switch {
	case check == nil:
		return 0, unmappable("a check result without its check")
	case !m.options.Events.Check:
		return 0, Outcome{Reason: TypeOff}
	case check.State == supervision.StateNotReported:
		return 0, Outcome{Reason: StateNotReported}
	case stateName(rec.Entity, check.State) == "":
		return 0, unmappable("a state that the supervisor doesn't have")
	case !m.options.SoftStates && check.StateType == supervision.Soft && check.State != supervision.OK:
		return 0, Outcome{Reason: SoftState}
	}
	return checkEvent, Outcome{}
}

// ofDowntime: Canopsis 2 accepts downtimes but can't cancel them, Canopsis 3
// creates and deletes pbehaviors, and 4.0 and newer accept neither on the bus. The
// Python generations get a downtime when it is entered and again when it starts,
// because some readers see only one of both; the second changes nothing there.
func (m *Mapper) ofDowntime(rec *supervision.Record) (eventType, Outcome) {
	switch version := m.options.Canopsis; {
	case rec.Downtime == nil:
		return 0, unmappable("a downtime without its period")
	case version == Canopsis2:
		return m.ofPythonDowntime(rec, downtimeEvent)
	case version == Canopsis3:
		return m.ofPythonDowntime(rec, pbehaviorEvent)
	}
	var types eventType
	if m.options.Events.DowntimeComment {
		types |= commentEvent
	}
	if m.options.Events.Downtime {
		types |= downtimeChange
	}
	return switched(types != 0, types)
}

func (m *Mapper) ofPythonDowntime(rec *supervision.Record, typ eventType) (eventType, Outcome) {
	begins := rec.Kind == supervision.DowntimeScheduled || rec.Kind == supervision.DowntimeStarted
	deletes := rec.Kind == supervision.DowntimeCancelled && typ == pbehaviorEvent
	start, end := rec.Downtime.Start, rec.Downtime.End
	switch {
	case !m.options.Events.Downtime:
		return 0, Outcome{Reason: TypeOff}
	case !begins && !deletes:
		return 0, Outcome{Reason: NoEventType}
	case start.IsZero() && end.IsZero():
		return 0, Outcome{Reason: PeriodNotReported} // as in the log's DOWNTIME ALERT
	case !plausible(start) || !plausible(end) || end.Before(start):
		return 0, unmappable("a downtime without a start and an end")
	}
	return typ, Outcome{}
}

// scaled returns the state on the configured scale. The state must have a name.
func (m *Mapper) scaled(entity supervision.Entity, state supervision.State) int {
	if entity.IsHost() {
		return m.options.HostStates[state]
	}
	return m.options.ServiceStates[state]
}

// setText sets output, author and performance data. Except for checks, Canopsis
// refuses an event with an empty output or author.
func (d *draft) setText() {
	rec := d.rec
	if d.typ == checkEvent {
		d.output = rec.Check.Output
		d.setPerfdata()
		return
	}
	switch {
	case rec.Note != nil:
		d.author, d.output = rec.Note.Author, rec.Note.Text
	case rec.Downtime != nil && d.typ == commentEvent:
		d.author, d.output = rec.Downtime.Author, downtimeText(rec.Kind, rec.Downtime)
	case rec.Downtime != nil:
		d.author, d.output = rec.Downtime.Author, rec.Downtime.Comment
	case rec.Flapping != nil:
		d.output = flappingText(rec.Kind, rec.Flapping)
	}
	if d.author = d.name(d.author); strings.TrimSpace(d.author) == "" {
		d.author = d.m.options.Connector + "." + d.m.options.ConnectorName
	}
	clean, repairs := d.m.charset.clean(d.output)
	d.repairs |= repairs
	if d.output = clean; strings.TrimSpace(clean) == "" {
		d.output = rec.Kind.String()
	}
}

func flappingText(kind supervision.Kind, f *supervision.Flapping) string {
	text := kind.String()
	if f.Disabled {
		text += " (flap detection disabled)"
	}
	if f.Text != "" {
		text += ": " + f.Text
	}
	return text
}
