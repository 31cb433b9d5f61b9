package handover

import (
	"errors"
	"fmt"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/pairs"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// Line is a parsed line of a segment: a record, or one of the other things.
type Line struct {
	Record supervision.Record // its Kind is zero when the line is none
	Header *Header            // of a segment
	Lost   int64              // records that the module could not keep
	Skip   string             // why the line is skipped; empty: it is not
	// Odd are values that make no sense; the record does without them.
	Odd []supervision.Strange
}

// ParseLine reads a line, without its line feed. The strings of the record
// share the line's memory.
func ParseLine(line string) (Line, error) {
	var array [64]pairs.Pair
	cut, err := pairs.CutEscaped(line, array[:0])
	if err != nil {
		return Line{}, err
	}
	if cut[0].Key != "DATATYPE" {
		return Line{}, fmt.Errorf("begins with %.40q, not with DATATYPE", cut[0].Key)
	}
	switch kind := cut[0].Value; kind {
	case "HOSTCHECK", "HOSTSTATE":
		return check(pairs.Host, kind == "HOSTSTATE", cut)
	case "SERVICECHECK", "SERVICESTATE":
		return check(pairs.Service, kind == "SERVICESTATE", cut)
	case "SEGMENT":
		h, err := ParseHeader(line)
		return Line{Header: &h}, err
	case "ALIVE":
		return Line{Skip: "sign of life"}, nil
	default:
		if key := pairs.Twice(cut); key != "" {
			return Line{}, fmt.Errorf("field %s: is there twice", key)
		}
		return condition(kind, &fields{pairs: cut})
	}
}

// check reads a check result or a present state.
func check(class pairs.Class, present bool, cut []pairs.Pair) (Line, error) {
	rec, odd, err := pairs.ParseEscaped(class, cut)
	if err != nil {
		return Line{}, err
	}
	c := rec.Check
	if c.State == supervision.StateNotReported {
		return Line{}, errors.New("no state")
	}
	odd = append(odd, takeFlags(c)...)
	_, c.Truncated = c.Extra["TRUNCATED"]
	delete(c.Extra, "TRUNCATED")
	// An object without a display name has its own name for one
	// (common/objects.c, add_host and add_service).
	if c.Extra["HOSTDISPLAYNAME"] == rec.Entity.Host {
		delete(c.Extra, "HOSTDISPLAYNAME")
	}
	if c.Extra["SERVICEDISPLAYNAME"] == rec.Entity.Service {
		delete(c.Extra, "SERVICEDISPLAYNAME")
	}
	if len(c.Extra) == 0 {
		c.Extra = nil
	}
	if present {
		rec.Kind = supervision.PresentState
		if !c.Start.IsZero() {
			// TIMET is the time of the record; the result is older.
			if end := c.Start.Add(time.Duration(c.Took() * float64(time.Second))); end.Before(rec.Time) {
				rec.Time = end
			}
		}
	}
	return Line{Record: rec, Odd: odd}, nil
}

// takeFlags sets the conditions of the object, if all of them are reported and make
// sense: a part of them would be taken for a change.
func takeFlags(c *supervision.Check) []supervision.Strange {
	var missing bool
	f := fields{}
	for _, key := range []string{"ACKNOWLEDGED", "FLAPPING", "DOWNTIMEDEPTH"} {
		value, ok := c.Extra[key]
		f.pairs = append(f.pairs, pairs.Pair{Key: key, Value: value})
		missing = missing || !ok
		delete(c.Extra, key)
	}
	if missing {
		return nil
	}
	flags := &supervision.Flags{
		Acknowledged: f.yes("ACKNOWLEDGED"), Flapping: f.yes("FLAPPING"),
		DowntimeDepth: int(min(max(f.number("DOWNTIMEDEPTH"), 0), supervision.MostAttempts)),
	}
	if f.odd == nil {
		c.Flags = flags
	}
	return f.odd
}

// condition reads a record that is no check result.
func condition(kind string, f *fields) (Line, error) {
	rec := supervision.Record{
		Entity: supervision.Entity{Host: f.text("HOSTNAME"), Service: f.text("SERVICEDESC")},
		Time:   f.moment(),
	}
	out := Line{}
	switch kind {
	case "ACKNOWLEDGEMENT":
		rec.Kind, rec.Note = supervision.Acknowledged, f.note()
	case "ACKNOWLEDGEMENTREMOVED":
		reason := f.text("REASON")
		rec.Kind, rec.Note = supervision.AcknowledgementRemoved, &supervision.Note{
			Text: ackEnd[reason], Recovered: reason == "RECOVERY",
		}
	case "COMMENTADDED", "COMMENTDELETED":
		rec.Kind, rec.Note = supervision.CommentAdded, f.note()
		if kind == "COMMENTDELETED" {
			rec.Kind = supervision.CommentDeleted
		}
		if entryType := f.text("ENTRYTYPE"); entryType != "1" {
			// The acknowledgement, downtime or flapping that it belongs to has a record of its own.
			out.Skip = "comment of the supervisor's own"
		}
	case "DOWNTIMESCHEDULED", "DOWNTIMESTARTED", "DOWNTIMEENDED", "DOWNTIMECANCELLED", "DOWNTIMEDELETED":
		rec.Kind, rec.Downtime = downtimeKinds[kind], f.downtime()
		rec.Downtime.Forgotten = kind == "DOWNTIMEDELETED"
	case "FLAPPINGSTARTED", "FLAPPINGSTOPPED":
		rec.Kind = supervision.FlappingStarted
		if kind == "FLAPPINGSTOPPED" {
			rec.Kind = supervision.FlappingStopped
		}
		rec.Flapping = f.flapping(rec.Kind)
	case "PROCESSSTARTED", "PROCESSRELOADED", "PROCESSSTOPPED":
		rec.Kind = processKinds[kind]
		rec.Process = &supervision.ProcessState{PID: int(f.number("PID")), Version: f.text("PROGRAM")}
	case "LOST":
		out.Lost = f.needed("COUNT")
		return out, f.err
	default:
		return Line{}, fmt.Errorf("unknown DATATYPE %.40q", kind)
	}
	switch {
	case f.err != nil:
		return Line{}, f.err
	case rec.Time.IsZero():
		return Line{}, errors.New("TIMET is missing or empty")
	case rec.Process == nil && rec.Entity.Host == "":
		return Line{}, errors.New("HOSTNAME is missing or empty")
	}
	out.Record, out.Odd = rec, f.odd
	return out, nil
}

// ackEnd is how an acknowledgement ended, by the REASON of its record. There is
// no text for one that somebody removed, or whose reason is not reported.
var ackEnd = map[string]string{
	"RECOVERY": "acknowledgement cleared by recovery",
	"CHANGE":   "acknowledgement cleared by a change of state",
	"EXPIRED":  "acknowledgement expired",
}

var downtimeKinds = map[string]supervision.Kind{
	"DOWNTIMESCHEDULED": supervision.DowntimeScheduled,
	"DOWNTIMESTARTED":   supervision.DowntimeStarted,
	"DOWNTIMEENDED":     supervision.DowntimeEnded,
	"DOWNTIMECANCELLED": supervision.DowntimeCancelled,
	"DOWNTIMEDELETED":   supervision.DowntimeCancelled,
}

var processKinds = map[string]supervision.Kind{
	"PROCESSSTARTED":  supervision.SupervisorStarted,
	"PROCESSRELOADED": supervision.SupervisorReloaded,
	"PROCESSSTOPPED":  supervision.SupervisorStopped,
}
