package sources

import (
	"math"
	"strings"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

const (
	most         = 1 << 30           // of attempts, and of downtimes that an object is in
	maxExecution = 7 * 86400         // seconds; what is more is nonsense, and would overflow
	maxDuration  = 100 * 366 * 86400 // seconds: a hundred years
)

// conditionsOf reads the conditions of a host or service. Shinken's
// acknowledgement_type is 1 for all objects, so acknowledged counts.
func conditionsOf(v *values) snapshot.Conditions {
	c := snapshot.Conditions{
		Flapping:      v.flag(isFlapping),
		DowntimeDepth: int(min(max(v.integer(downtimeDepth), 0), most)),
		FlappingOff:   v.off(flapDetection),
	}
	if v.flag(acknowledged) {
		c.Acknowledged = snapshot.AcknowledgedNormal
		if v.integer(acknowledgementType) == int64(snapshot.AcknowledgedSticky) {
			c.Acknowledged = snapshot.AcknowledgedSticky
		}
	}
	return c
}

// checkOf reads the newest result of a host or service, and when it was processed:
// zero if that is unknown.
//
// last_check is the second in which the check began, for a passive result the time
// that its sender set (naemon-core, checks_service.c); of Icinga 2 it is the end.
func checkOf(v *values, core livestatus.Dialect) (supervision.Check, time.Time) {
	highest := int64(supervision.Unknown)
	if v.layout.table == hosts {
		highest = int64(supervision.Unreachable)
	}
	conditions := conditionsOf(v)
	check := supervision.Check{
		State:       supervision.State(v.within(state, 0, highest)),
		StateType:   supervision.StateType(v.optional(stateType, int64(supervision.StateTypeNotReported), 1)),
		Attempt:     int(v.optional(currentAttempt, 0, most)),
		MaxAttempts: int(v.optional(maxAttempts, 0, most)),
		Output:      v.text(pluginOutput),
		LongOutput:  longOutputOf(v.text(longOutput), core),
		Perfdata:    v.text(perfData),
		Command:     v.text(checkCommand),
		CheckType:   supervision.CheckType(v.optional(checkType, int64(supervision.CheckTypeNotReported), 1)),
		Latency:     v.seconds(latency),
		Execution:   v.seconds(executionTime),
		Start:       v.time(lastCheck),
		Flags: &supervision.Flags{
			Acknowledged:  conditions.Acknowledged != snapshot.NotAcknowledged,
			Flapping:      conditions.Flapping,
			DowntimeDepth: conditions.DowntimeDepth,
			PerfdataOff:   v.off(processPerfdata),
		},
	}
	if check.Start.IsZero() {
		return check, time.Time{}
	}
	took := time.Duration(math.Round(min(max(check.Execution, 0), maxExecution)*1e6)) * time.Microsecond
	end := check.Start.Add(took)
	if core == livestatus.Icinga2 {
		check.Start, end = check.Start.Add(-took), check.Start
	}
	return check, end
}

// longOutputOf returns the text that a plugin printed. Nagios and Naemon keep it with
// \n and \\ for line feeds and backslashes, Icinga 2 with \n only, Shinken as it is.
func longOutputOf(text string, core livestatus.Dialect) string {
	switch core {
	case livestatus.Shinken:
		return text
	case livestatus.Icinga2:
		return strings.ReplaceAll(text, `\n`, "\n")
	}
	return pairs.UnescapeLong(text)
}

// commentOf reads what does not change in a comment.
func commentOf(v *values, key snapshot.Key) supervision.Note {
	return supervision.Note{
		ID: key.ID, Author: v.text(author), Text: v.text(comment), Persistent: v.flag(persistent),
		Expires: v.time(expireTime),
	}
}

// downtimeOf reads what does not change in a downtime.
func downtimeOf(v *values, key snapshot.Key) supervision.Downtime {
	return supervision.Downtime{
		ID: key.ID, Author: v.text(author), Comment: v.text(comment), Entry: key.Entry,
		Start: v.time(startTime), End: v.time(endTime), Fixed: v.flag(fixed),
		Duration:    time.Duration(v.optional(duration, 0, maxDuration)) * time.Second,
		TriggeredBy: v.integer(triggeredBy),
	}
}
