package timeline

import "github.com/nagios2canopsis/nagios2canopsis/internal/supervision"

// isOutdated reports whether something of the same kind that is newer than a record
// that was read late has been judged: what is sent would go back. Comments and
// notifications replace nothing.
func (t *Timeline) isOutdated(rec *supervision.Record) bool {
	at := rec.Time.Unix()
	switch rec.Kind {
	case supervision.SupervisorStarted, supervision.SupervisorReloaded, supervision.SupervisorStopped:
		return true
	}
	o := t.objects[rec.Entity]
	if o == nil {
		return false
	}
	switch rec.Kind {
	case supervision.CheckResult, supervision.PresentState:
		return at < max(o.sent.end, o.sent.latest, o.states.known.at)
	case supervision.Acknowledged, supervision.AcknowledgementRemoved:
		return at < max(o.ack.at, o.over)
	case supervision.DowntimeScheduled, supervision.DowntimeStarted, supervision.DowntimeEnded,
		supervision.DowntimeCancelled:
		return at < o.downtimes.changedAt().at
	case supervision.FlappingStarted, supervision.FlappingStopped:
		return at < o.flaps.at
	}
	return false
}
