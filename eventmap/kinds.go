package eventmap

import (
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// eventType decides which event a record becomes, if any.
func (m *Mapper) eventType(rec *supervision.Record) (eventType, Outcome) {
	on := m.options.Events
	switch rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		return m.checkEventType(rec)
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
	case supervision.DowntimeScheduled, supervision.DowntimeStarted, supervision.DowntimeEnded, supervision.DowntimeCancelled:
		return m.downtimeEventType(rec)
	case supervision.CommentDeleted, supervision.Notification,
		supervision.SupervisorStarted, supervision.SupervisorReloaded, supervision.SupervisorStopped:
		return 0, Outcome{Reason: NoEventType}
	}
	return 0, unmappable("a record of an unknown kind")
}

func switched(on bool, typ eventType) (eventType, Outcome) {
	if !on {
		return 0, Outcome{Reason: TypeOff}
	}
	return typ, Outcome{}
}

func (m *Mapper) checkEventType(rec *supervision.Record) (eventType, Outcome) {
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

// downtimeEventType: Canopsis 2 takes downtimes and knows no cancelling, 3 takes
// and deletes behaviours, 4 and newer take neither over the bus. A downtime is
// sent when it is entered and again when it starts, as some readers see only
// one of both; the second changes nothing.
func (m *Mapper) downtimeEventType(rec *supervision.Record) (eventType, Outcome) {
	downtime := rec.Downtime
	if downtime == nil {
		return 0, unmappable("a downtime without its period")
	}
	version := m.options.Canopsis
	if !version.python() {
		if m.options.Events.DowntimeComment {
			return commentEvent, Outcome{}
		}
		return 0, Outcome{Reason: LeftToHTTP}
	}
	typ := downtimeEvent
	if version == Canopsis3 {
		typ = pbehaviorEvent
	}
	begins := rec.Kind == supervision.DowntimeScheduled || rec.Kind == supervision.DowntimeStarted
	deletes := rec.Kind == supervision.DowntimeCancelled && typ == pbehaviorEvent
	switch {
	case !m.options.Events.Downtime:
		return 0, Outcome{Reason: TypeOff}
	case !begins && !deletes:
		return 0, Outcome{Reason: NoEventType}
	case !plausible(downtime.Start) || !plausible(downtime.End) || downtime.End.Before(downtime.Start):
		return 0, unmappable("a downtime without a start and an end")
	}
	return typ, Outcome{}
}

// scaled gives the state on the scale of the configuration. The state is one
// that has a name.
func (m *Mapper) scaled(entity supervision.Entity, state supervision.State) int {
	if entity.IsHost() {
		return m.options.HostStates[state]
	}
	return m.options.ServiceStates[state]
}

// setText sets output, author and performance data. Of all events but checks
// neither output nor author may be empty.
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

// downtimeText says a downtime in words, its times in UTC.
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
