package logfile

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// TestOddFieldsCostNothingElse: only the host, the service, the time and the state
// cost a result, and an order is read as the supervisor reads it.
func TestOddFieldsCostNothingElse(t *testing.T) {
	const ack = "EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;h;s;"
	for _, tt := range []struct {
		line, reason string
		still        func(supervision.Record) bool
	}{
		{"HOST ALERT: h;DOWN;HARD;1", "output: missing: taken for unknown",
			func(r supervision.Record) bool { return r.Check.State == supervision.Down && r.Check.Attempt == 1 }},
		{"SERVICE ALERT: h;s;OK;FIRM;1;x", "state type: neither SOFT nor HARD: taken for unknown",
			func(r supervision.Record) bool { return r.Check.StateType == supervision.StateTypeNotReported }},
		{"SERVICE ALERT: h;s;CRITICAL;HARD;one;x", "attempt: no number of attempts: taken for unknown",
			func(r supervision.Record) bool { return r.Check.Output == "x" && r.Check.Attempt == 0 }},
		{"SERVICE ALERT: h;s;CRITICAL;HARD;99999999999;x", "attempt: no number of attempts: taken for unknown",
			func(r supervision.Record) bool { return r.Check.Attempt == 0 }},
		{"HOST ALERT: h;(unknown);HARD;1;x", "state: no state of a host: taken for UNREACHABLE",
			func(r supervision.Record) bool { return r.Check.State == supervision.Unreachable }},
		{"INITIAL HOST STATE: h;10;HARD;1;x", "state: no state of a host: taken for UNREACHABLE",
			func(r supervision.Record) bool { return r.Check.State == supervision.Unreachable }},
		{"CURRENT SERVICE STATE: h;s;4;HARD;1;x", "state: no state of a service: taken for UNKNOWN",
			func(r supervision.Record) bool { return r.Check.State == supervision.Unknown }},
		{"HOST NOTIFICATION: c;h;CUSTOM (SO SO);m;x", "type: holds no state: taken for unknown",
			func(r supervision.Record) bool { return r.Notification.State == supervision.StateNotReported }},
		{ack + "sticky;1;1;bob;c", "sticky: no number: taken for 0, as the supervisor does",
			func(r supervision.Record) bool { return r.Note.Text == "c" && r.Note.Persistent && !r.Note.Sticky }},
		{"EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;h;s;2;1;1;never;bob;c",
			"end time: no number: taken for 0, as the supervisor does",
			func(r supervision.Record) bool { return r.Note.Sticky && r.Note.Expires.IsZero() }},
		{"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;h;1795424300;1795424400;yes;0;1h;bob;c",
			"fixed: no number: taken for 0, as the supervisor does",
			func(r supervision.Record) bool { return !r.Downtime.Fixed && r.Downtime.Comment == "c" }},
	} {
		b := readOne(t, tt.line)
		if len(b.Records) != 1 || !tt.still(b.Records[0]) || len(b.Odd) == 0 || b.Odd[0].Reason != tt.reason ||
			len(b.Rejected) > 0 {
			t.Errorf("%s: %+v", tt.line, b)
		}
	}
}

// TestZeroBytesInFrontOfALine: a crash of the machine leaves them, and what follows is
// a whole line.
func TestZeroBytesInFrontOfALine(t *testing.T) {
	b := readAll("", linesOf("nagios.log", []byte("\x00\x00[1795424200] SERVICE ALERT: h;s;OK;HARD;1;x\n")))
	if len(b.Records) != 1 || len(b.Odd) != 1 || b.Odd[0].Reason != "line: zero bytes in front of it: left out" {
		t.Errorf("%+v", b)
	}
}

// TestPassiveStates: a code that is no state is a problem, as an ALERT's is.
func TestPassiveStates(t *testing.T) {
	for line, want := range map[string]supervision.State{
		"PASSIVE HOST CHECK: h;10;x": supervision.Unreachable, "PASSIVE HOST CHECK: h;-1;x": supervision.Unreachable,
		"PASSIVE SERVICE CHECK: h;s;4;x": supervision.Unknown, "PASSIVE SERVICE CHECK: h;s;-1;x": supervision.Unknown,
	} {
		b := readAll("Naemon 1.4.1", logLines(line))
		if len(b.Records) != 1 || b.Records[0].Check.State != want || len(b.Odd) != 1 {
			t.Errorf("%s: %+v", line, b)
		}
	}
}

// TestCentreonEngine: its lines have its process id behind the time.
func TestCentreonEngine(t *testing.T) {
	b := readAll("", logLines("[1234] Centreon Engine 18.10.0 starting ... (PID=1234)",
		"[1234] SERVICE ALERT: h;s;CRITICAL;SOFT;1;down", "[1234] [info] nothing"))
	if len(b.Records) != 2 || b.Records[0].Process.Version != "Centreon Engine 18.10.0" ||
		b.Records[1].Check.Output != "down" || len(b.Odd) != 0 {
		t.Errorf("%+v", b)
	}
}

// TestFormlessLines: a line that shows something in another form is reported.
func TestFormlessLines(t *testing.T) {
	const why = "line: " + reasonFormless
	for line, want := range map[string]string{
		"2026-11-28T01:02:03 SERVICE ALERT: h;s;OK;HARD;1;x":              skipContinuation,
		"Nov 28 01:02:03 nag nagios: HOST ALERT: h;UP;HARD;1;x":           skipContinuation,
		"[1795424200] nag nagios: EXTERNAL COMMAND: ADD_HOST_COMMENT;h;1": skipUnknown,
	} {
		b := readAll("", linesOf("nagios.log", []byte(line+"\n")))
		if b.Skipped[want] != 1 || len(b.Odd) != 1 || b.Odd[0].Reason != why {
			t.Errorf("%s: %+v", line, b)
		}
	}
}

// TestLongOutputInAlerts: Icinga 1 with log_long_plugin_output=1.
func TestLongOutputInAlerts(t *testing.T) {
	lines := logLines(`SERVICE ALERT: h;s;CRITICAL;HARD;3;short\nlong 1\nC:\\new`)
	for on, want := range map[bool][2]string{
		true: {"short", "long 1\nC:\\new"}, false: {`short\nlong 1\nC:\\new`, ""},
	} {
		p := NewParser("Icinga 1.14.2")
		p.longOutput = on
		p.Add(lines[0])
		check := p.Take().Records[0].Check
		if diff := cmp.Diff(want, [2]string{check.Output, check.LongOutput}); diff != "" {
			t.Errorf("%t: %s", on, diff)
		}
	}
}
