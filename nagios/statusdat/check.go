package statusdat

import (
	"bytes"
	"math"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// dialect is what follows for the rest of a file from its head (info,
// programstatus).
type dialect struct {
	lastCheckIsEnd bool
	escaping       escaping
	perfdataOff    bool // for all objects
	flappingOff    bool // for all objects
}

// dialectOf recognises Icinga 2 by its version, "r2.13.6-1" or "v2.14.0", where
// the others begin with a digit, and Shinken, whose version is "3.0.2", by the
// decimals of its time.
func dialectOf(version, created []byte) dialect {
	switch {
	case len(version) > 1 && (version[0] == 'r' || version[0] == 'v') && version[1] >= '0' && version[1] <= '9':
		return dialect{lastCheckIsEnd: true, escaping: escapesNewlines}
	case bytes.IndexByte(created, '.') >= 0:
		return dialect{escaping: escapesNothing}
	}
	return dialect{}
}

// hasBeenChecked reports whether an object has a state at all.
func hasBeenChecked(b *Block) bool {
	text := b.Field(HasBeenChecked)
	return len(text) > 0 && string(text) != "0" && string(text) != "False"
}

// checkOf reads the newest result of a host or service, and when it was
// processed: zero if that is unknown, and by rounding perhaps later than the
// file.
//
// Nagios' last_check is the second in which the check began, and for a passive
// result the time that its sender set; the end is the execution time later
// (measured with Nagios 4.4.6: in the second of $TIMET$ or the one before it).
// Icinga 2's last_check is the end.
func checkOf(v *values, d dialect) (supervision.Check, time.Time) {
	b := v.block
	check := supervision.Check{
		State:       v.state(),
		StateType:   supervision.StateType(v.optional(StateType, int64(supervision.StateTypeNotReported), 1)),
		Attempt:     int(v.optional(CurrentAttempt, 0, supervision.MostAttempts)),
		MaxAttempts: int(v.optional(MaxAttempts, 0, supervision.MostAttempts)),
		Output:      string(b.Field(PluginOutput)),
		LongOutput:  unescape(b.Field(LongPluginOutput), d.escaping),
		Perfdata:    string(b.Field(PerformanceData)),
		Command:     string(b.Field(CheckCommand)),
		CheckType:   supervision.CheckType(v.optional(CheckType, int64(supervision.CheckTypeNotReported), 1)),
		Latency:     v.seconds(CheckLatency, -supervision.LongestSeconds, supervision.LongestSeconds),
		Execution:   v.seconds(CheckExecutionTime, 0, supervision.LongestCheck),
		Start:       v.time(LastCheck),
	}
	if check.Start.IsZero() {
		return check, time.Time{}
	}
	took := time.Duration(math.Round(check.Took()*1e6)) * time.Microsecond
	end := check.Start.Add(took)
	if d.lastCheckIsEnd {
		check.Start, end = check.Start.Add(-took), check.Start
	}
	return check, end
}

// conditionsOf reads the conditions of a host or service, and reports whether all of
// them make sense: a part of them would be taken for a change.
func conditionsOf(v *values, d dialect) (_ snapshot.Conditions, ok bool) {
	conditions := snapshot.Conditions{Flapping: v.flag(IsFlapping), DowntimeDepth: v.depth()}
	if v.flag(ProblemHasBeenAcknowledged) {
		conditions.Acknowledged = snapshot.AcknowledgedNormal
		if v.integer(AcknowledgementType) == int64(snapshot.AcknowledgedSticky) {
			conditions.Acknowledged = snapshot.AcknowledgedSticky
		}
	}
	conditions.FlappingOff = d.flappingOff || v.off(FlapDetectionEnabled)
	return conditions, v.odd == nil
}

// progressOf reads how far a downtime is.
func progressOf(v *values) snapshot.DowntimeProgress {
	progress := snapshot.DowntimeProgress{Triggered: v.time(FlexDowntimeStart)}
	if progress.Triggered.IsZero() {
		progress.Triggered = v.time(TriggerTime)
	}
	if len(v.block.Field(IsInEffect)) > 0 {
		progress.Effect = snapshot.NotInEffect
		if v.flag(IsInEffect) {
			progress.Effect = snapshot.InEffect
		}
	}
	return progress
}

// downtimeOf reads what does not change in a downtime.
func downtimeOf(v *values, key snapshot.Key) supervision.Downtime {
	return supervision.Downtime{
		ID:          key.ID,
		Author:      string(v.block.Field(Author)),
		Comment:     string(v.block.Field(CommentText)),
		Entry:       key.Entry,
		Start:       v.moment(StartTime),
		End:         v.moment(EndTime),
		Fixed:       v.flag(Fixed),
		Duration:    time.Duration(v.optional(Duration, 0, maxDuration)) * time.Second,
		TriggeredBy: v.integer(TriggeredBy),
	}
}

const (
	maxDepth    = 1 << 30
	maxDuration = 100 * 366 * 86400 // seconds: a hundred years
)
