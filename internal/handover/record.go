package handover

import (
	"errors"
	"fmt"
	"strconv"
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
	rec, err := pairs.ParseEscaped(class, cut)
	if err != nil {
		return Line{}, err
	}
	c := rec.Check
	if c.State == supervision.StateNotReported {
		return Line{}, errors.New("no state")
	}
	take := func(key string) (value string, ok bool) {
		value, ok = c.Extra[key]
		delete(c.Extra, key)
		return value, ok
	}
	acknowledged, hasAck := take("ACKNOWLEDGED")
	flapping, hasFlapping := take("FLAPPING")
	depth, hasDepth := take("DOWNTIMEDEPTH")
	if hasAck && hasFlapping && hasDepth {
		n, err := strconv.Atoi(depth)
		if err != nil {
			return Line{}, fmt.Errorf("field DOWNTIMEDEPTH: %.40q is not a number", depth)
		}
		c.Flags = &supervision.Flags{
			Acknowledged: acknowledged == "1", Flapping: flapping == "1", DowntimeDepth: max(n, 0),
		}
	}
	_, c.Truncated = take("TRUNCATED")
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
			if end := c.Start.Add(time.Duration(c.Execution * float64(time.Second))); end.Before(rec.Time) {
				rec.Time = end
			}
		}
	}
	return Line{Record: rec}, nil
}

// condition reads a record that is no check result.
func condition(kind string, f *fields) (Line, error) {
	rec := supervision.Record{
		Entity: supervision.Entity{Host: f.text("HOSTNAME"), Service: f.text("SERVICEDESC")},
		Time:   f.time("TIMET"),
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
		out.Lost = f.number("COUNT")
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
	out.Record = rec
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

// fields reads the values of a line by key, and keeps the first error.
type fields struct {
	pairs []pairs.Pair
	err   error
}

func (f *fields) text(key string) string {
	value, _ := pairs.Find(f.pairs, key)
	return pairs.Unescape(value)
}

func (f *fields) fault(key, value, what string) {
	if f.err == nil {
		f.err = fmt.Errorf("field %s: %.40q is not %s", key, value, what)
	}
}

func (f *fields) number(key string) int64 {
	value := f.text(key)
	if value == "" {
		return 0
	}
	n, err := strconv.ParseInt(value, 10, 64)
	if err != nil {
		f.fault(key, value, "a whole number")
	}
	return n
}

func (f *fields) decimal(key string) float64 {
	value := f.text(key)
	if value == "" {
		return 0
	}
	n, ok := pairs.ParseDecimal(value)
	if !ok {
		f.fault(key, value, "a number")
	}
	return n
}

func (f *fields) yes(key string) bool {
	switch value := f.text(key); value {
	case "", "0":
		return false
	case "1":
		return true
	default:
		f.fault(key, value, "0 or 1")
		return false
	}
}

// time reads a time; see supervision.ParseTime.
func (f *fields) time(key string) time.Time {
	value := f.text(key)
	if value == "" {
		return time.Time{}
	}
	t, ok := supervision.ParseTime(value)
	if !ok {
		f.fault(key, value, "a time")
	}
	return t
}

func (f *fields) note() *supervision.Note {
	return &supervision.Note{
		ID: f.number("ID"), Author: f.text("AUTHOR"), Text: f.text("COMMENT"),
		Sticky: f.yes("STICKY"), Persistent: f.yes("PERSISTENT"), Expires: f.time("EXPIRES"), Loaded: f.yes("LOADED"),
	}
}

func (f *fields) downtime() *supervision.Downtime {
	seconds := f.number("DURATION")
	return &supervision.Downtime{
		ID: f.number("ID"), Author: f.text("AUTHOR"), Comment: f.text("COMMENT"),
		Entry: f.time("ENTRY"), Start: f.time("START"), End: f.time("END"), Fixed: f.yes("FIXED"),
		Duration:    time.Duration(min(max(seconds, 0), pairs.LongestSeconds)) * time.Second,
		TriggeredBy: f.number("TRIGGEREDBY"), Loaded: f.yes("LOADED"),
	}
}

// flapping reads a change of the flapping state. Its text is that of Nagios' log
// (base/flapping.c).
func (f *fields) flapping(kind supervision.Kind) *supervision.Flapping {
	change, low, high := f.decimal("PERCENTCHANGE"), f.decimal("LOWTHRESHOLD"), f.decimal("HIGHTHRESHOLD")
	out := &supervision.Flapping{Disabled: f.yes("DISABLED")}
	switch {
	case out.Disabled || f.text("PERCENTCHANGE") == "":
	case kind == supervision.FlappingStarted:
		out.Text = fmt.Sprintf("%.1f%% change >= %.1f%% threshold", change, high)
	default:
		out.Text = fmt.Sprintf("%.1f%% change < %.1f%% threshold", change, low)
	}
	return out
}
