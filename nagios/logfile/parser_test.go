package logfile

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// logLines makes lines of a log, all at the second 1795424200 but for those that
// begin with '['.
func logLines(text ...string) []Line {
	for i, line := range text {
		if !strings.HasPrefix(line, "[") {
			text[i] = "[1795424200] " + line
		}
	}
	return linesOf("nagios.log", []byte(strings.Join(text, "\n")+"\n"))
}

var second = time.Unix(1795424200, 0).UTC()

// readOne reads a single line and returns what it becomes, without Ref.
func readOne(t *testing.T, line string) supervision.Batch {
	t.Helper()
	b := readAll("", logLines(line))
	for i := range b.Records {
		if !strings.HasPrefix(b.Records[i].Ref, "log:") {
			t.Errorf("Ref %q", b.Records[i].Ref)
		}
		b.Records[i].Ref = ""
	}
	for i := range b.Rejected {
		r := &b.Rejected[i]
		if r.Source != "log" || r.Where != "nagios.log:0" || len(r.Raw) == 0 {
			t.Errorf("rejected without a place: %+v", r)
		}
	}
	return b
}

func alert(state supervision.State, kind supervision.StateType, attempt int, output string) *supervision.Check {
	return &supervision.Check{
		State: state, StateType: kind, Attempt: attempt, Output: output, CheckType: supervision.CheckTypeNotReported,
	}
}

func TestKinds(t *testing.T) {
	h, s := supervision.Entity{Host: "srv:1.example"}, supervision.Entity{Host: "srv:1.example", Service: "disk C: /"}
	for line, want := range map[string]supervision.Record{
		"HOST ALERT: srv:1.example;UP;HARD;1;PING OK": {
			Kind: supervision.CheckResult, Entity: h, Check: alert(supervision.Up, supervision.Hard, 1, "PING OK"),
		},
		"HOST ALERT: srv:1.example;UNREACHABLE;SOFT;2;": {
			Kind: supervision.CheckResult, Entity: h, Check: alert(supervision.Unreachable, supervision.Soft, 2, ""),
		},
		"SERVICE ALERT: srv:1.example;disk C: /;OK;HARD;3;a;b: c;": {
			Kind: supervision.CheckResult, Entity: s, Check: alert(supervision.OK, supervision.Hard, 3, "a;b: c;"),
		},
		"SERVICE ALERT: srv:1.example;disk C: /;UNKNOWN;SOFT;1;x": {
			Kind: supervision.CheckResult, Entity: s, Check: alert(supervision.Unknown, supervision.Soft, 1, "x"),
		},
		"CURRENT HOST STATE: srv:1.example;DOWN;HARD;1;gone": {
			Kind: supervision.PresentState, Entity: h, Check: alert(supervision.Down, supervision.Hard, 1, "gone"),
		},
		"INITIAL SERVICE STATE: srv:1.example;disk C: /;WARNING;HARD;3;91%": {
			Kind: supervision.PresentState, Entity: s, Check: alert(supervision.Warning, supervision.Hard, 3, "91%")},
		"HOST FLAPPING ALERT: srv:1.example;STARTED; Host appears; so": {
			Kind: supervision.FlappingStarted, Entity: h, Flapping: &supervision.Flapping{Text: "Host appears; so"}},
		"SERVICE FLAPPING ALERT: srv:1.example;disk C: /;STOPPED; calm": {
			Kind: supervision.FlappingStopped, Entity: s, Flapping: &supervision.Flapping{Text: "calm"}},
		"SERVICE FLAPPING ALERT: srv:1.example;disk C: /;DISABLED; off": {
			Kind: supervision.FlappingStopped, Entity: s, Flapping: &supervision.Flapping{Text: "off", Disabled: true}},
		"HOST DOWNTIME ALERT: srv:1.example;STARTED; begins": {
			Kind: supervision.DowntimeStarted, Entity: h, Downtime: &supervision.Downtime{Text: "begins"}},
		"SERVICE DOWNTIME ALERT: srv:1.example;disk C: /;STOPPED; ends": {
			Kind: supervision.DowntimeEnded, Entity: s, Downtime: &supervision.Downtime{Text: "ends"}},
		"HOST DOWNTIME ALERT: srv:1.example;CANCELLED;": {
			Kind: supervision.DowntimeCancelled, Entity: h, Downtime: &supervision.Downtime{}},
	} {
		want.Time = second
		if diff := cmp.Diff(supervision.Batch{Records: []supervision.Record{want}}, readOne(t, line)); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

func TestNotifications(t *testing.T) {
	for tail, want := range map[string]supervision.Notify{
		"CRITICAL;mail;91% used": {Type: "PROBLEM", State: supervision.Critical, Output: "91% used"},
		"OK;mail;fine":           {Type: "RECOVERY", State: supervision.OK, Output: "fine"},
		"ACKNOWLEDGEMENT (WARNING);mail;91%;bob;on; it": {
			Type: "ACKNOWLEDGEMENT", State: supervision.Warning, Output: "91%", Author: "bob", Comment: "on; it",
		},
		"CUSTOM (OK);mail;fine;bob;look": {
			Type: "CUSTOM", State: supervision.OK, Output: "fine", Author: "bob", Comment: "look",
		},
		"FLAPPINGSTART (UNKNOWN);mail;?": {Type: "FLAPPINGSTART", State: supervision.Unknown, Output: "?"},
		"DOWNTIMESTART (OK);mail;fine;bob;weekly": { // Naemon
			Type: "DOWNTIMESTART", State: supervision.OK, Output: "fine", Author: "bob", Comment: "weekly",
		},
		"DOWNTIMEEND;mail;fine;": { // Icinga 2, from here on
			Type: "DOWNTIMEEND", State: supervision.StateNotReported, Output: "fine",
		},
		"RECOVERY;mail;fine; indeed;": {Type: "RECOVERY", State: supervision.OK, Output: "fine; indeed"},
		"CRITICAL;mail;a; b;":         {Type: "PROBLEM", State: supervision.Critical, Output: "a; b"},
		"ACKNOWLEDGEMENT;mail;91%;bob;http://x/?a=1;b=2": {
			Type: "ACKNOWLEDGEMENT", State: supervision.StateNotReported, Output: "91%", Author: "bob",
			Comment: "http://x/?a=1;b=2",
		},
		"CRITICAL;;x": {Type: "PROBLEM", State: supervision.Critical, Output: "x"},
	} {
		want.Contact = "admin"
		if !strings.Contains(tail, ";;") {
			want.Command = "mail"
		}
		got := readOne(t, "SERVICE NOTIFICATION: admin;h;s;"+tail)
		rec := supervision.Record{
			Kind: supervision.Notification, Entity: supervision.Entity{Host: "h", Service: "s"}, Time: second,
			Notification: &want,
		}
		if diff := cmp.Diff(supervision.Batch{Records: []supervision.Record{rec}}, got); diff != "" {
			t.Errorf("%s:\n%s", tail, diff)
		}
	}
	got := readOne(t, "HOST NOTIFICATION: admin;h;DOWN (DOWN);mail;gone;")
	want := &supervision.Notify{
		Contact: "admin", Type: "PROBLEM", State: supervision.Down, Command: "mail", Output: "gone",
	}
	if diff := cmp.Diff(want, got.Records[0].Notification); diff != "" {
		t.Error(diff)
	}
}

func TestProcessLines(t *testing.T) {
	for line, want := range map[string]supervision.Record{
		"Nagios 4.4.6 starting... (PID=123)": {
			Kind: supervision.SupervisorStarted, Process: &supervision.ProcessState{PID: 123, Version: "Nagios 4.4.6"},
		},
		"Naemon 1.4.1 starting... (PID=7)": {
			Kind: supervision.SupervisorStarted, Process: &supervision.ProcessState{PID: 7, Version: "Naemon 1.4.1"},
		},
		"Icinga 1.14.2 starting... (PID=7)": {
			Kind: supervision.SupervisorStarted, Process: &supervision.ProcessState{PID: 7, Version: "Icinga 1.14.2"},
		},
		"Caught SIGHUP, restarting...": {
			Kind: supervision.SupervisorReloaded, Process: &supervision.ProcessState{},
		},
		"Caught 'Hangup', restarting...": {
			Kind: supervision.SupervisorReloaded, Process: &supervision.ProcessState{},
		},
		"PROGRAM_RESTART event encountered, restarting...": {
			Kind: supervision.SupervisorReloaded, Process: &supervision.ProcessState{},
		},
		"Caught SIGTERM, shutting down...": {
			Kind: supervision.SupervisorStopped, Process: &supervision.ProcessState{},
		},
		"PROGRAM_SHUTDOWN event encountered, shutting down...": {
			Kind: supervision.SupervisorStopped, Process: &supervision.ProcessState{},
		},
		"Successfully shutdown... (PID=123)": {
			Kind: supervision.SupervisorStopped, Process: &supervision.ProcessState{PID: 123},
		},
		"Bailing out due to errors encountered: see the log. (PID=123)": {
			Kind: supervision.SupervisorStopped, Process: &supervision.ProcessState{PID: 123},
		},
	} {
		want.Time, want.Process.Text = second, line
		if diff := cmp.Diff(supervision.Batch{Records: []supervision.Record{want}}, readOne(t, line)); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}

func TestSkipped(t *testing.T) {
	for line, want := range map[string]string{
		"LOG ROTATION: DAILY":                                          skipRotation,
		"LOG VERSION: 2.0":                                             skipRotation,
		"SERVICE EVENT HANDLER: h;s;OK;HARD;1;restart":                 skipEventHandler,
		"GLOBAL HOST EVENT HANDLER: h;UP;HARD;1;restart":               skipEventHandler,
		"Warning: something: odd":                                      skipInformational,
		"wproc: host=h; service=s":                                     skipInformational,
		"External command [1] X;y returned error Command failed":       skipInformational,
		"Auto-save of retention data completed successfully.":          skipInformational,
		"INFO: [broker-master] Setting the module status-dat":          skipInformational,
		"Info :    Pinging scheduler-master":                           skipInformational,
		"TIMEPERIOD TRANSITION: 24x7;-1;1":                             skipTimeperiod,
		"CONTACT DOWNTIME ALERT: bob;STARTED; x":                       skipContact,
		"SERVICE SNAPSHOT: h;s;CRITICAL;SOFT;1;snap":                   skipSnapshot,
		"EXTERNAL COMMAND: DISABLE_NOTIFICATIONS;":                     skipCommand,
		"EXTERNAL COMMAND: ":                                           skipCommand,
		"CURRENT SERVICE STATE: h;s;OK;HARD;1;(null)":                  skipNotChecked,
		"CURRENT HOST STATE: h;UP;HARD;1;":                             skipNotChecked,
		"CURRENT HOST STATE: h;PENDING;HARD;0;":                        skipNotChecked,
		"PASSIVE HOST CHECK: h;0;of Nagios 4.4 or of whoever":          skipNotReported,
		"a new kind of line":                                           skipUnknown,
		"NEW KIND: of line":                                            skipUnknown,
		"[1795424200] ":                                                skipUnknown,
		"[1795424200]":                                                 skipUnknown,
		"[Error] is the rest of a line with a newline":                 skipContinuation,
		"GLOBAL SERVICE EVENT HANDLER: h;s;OK;HARD;1;restart":          skipEventHandler,
		"SERVICE INFO: h;s; Service switch to hard down state":         skipInformational,
		"Successfully launched command file worker with pid 1":         skipInformational,
		"Event broker module 'x' initialized successfully.":            skipInformational,
		"EXTERNAL COMMAND: CHANGE_CUSTOM_HOST_VAR;srv-web-01;ENV;prod": skipCommand,
	} {
		if diff := cmp.Diff(supervision.Batch{Skipped: map[string]int{want: 1}}, readOne(t, line)); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
	empty := readAll("", linesOf("nagios.log", []byte("\n\r\nrest\n")))
	if diff := cmp.Diff(supervision.Batch{Skipped: map[string]int{skipContinuation: 3}}, empty); diff != "" {
		t.Error(diff)
	}
}

func TestRejected(t *testing.T) {
	for line, want := range map[string]string{
		"HOST ALERT: ":                   "HOST ALERT: host: empty",
		"HOST ALERT:":                    "HOST ALERT: host: empty",
		"HOST ALERT: h":                  "HOST ALERT: state: missing",
		"HOST ALERT: h;OK;HARD;1;x":      `HOST ALERT: state: "OK" is no state of a host`,
		"SERVICE ALERT: h":               "SERVICE ALERT: service: missing",
		"SERVICE ALERT: h;;OK;HARD;1;x":  "SERVICE ALERT: service: empty",
		"SERVICE ALERT: h;s;UP;HARD;1;x": `SERVICE ALERT: state: "UP" is no state of a service`,
		"CURRENT SERVICE STATE: h;s;PENDING?;HARD;0": `CURRENT SERVICE STATE: state: "PENDING?" ` +
			`is no state of a service`,
		"HOST FLAPPING ALERT: h;PAUSED; x": `HOST FLAPPING ALERT: change: "PAUSED" ` +
			`is none of STARTED, STOPPED, DISABLED`,
		"HOST DOWNTIME ALERT: h;PAUSED; x": `HOST DOWNTIME ALERT: change: "PAUSED" ` +
			`is none of STARTED, STOPPED, CANCELLED`,
		"HOST NOTIFICATION: c;h": "HOST NOTIFICATION: type: missing",
		"PASSIVE HOST CHECK: h;x;y": `PASSIVE HOST CHECK: return code: "x" ` +
			`is no number, or one too large`,
		"[179x] HOST ALERT: h;UP;HARD;1;x":         `time: "179x" is no epoch second`,
		"[999999999999] HOST ALERT: h;UP;HARD;1;x": `time: "999999999999" is behind the year 9999`,
		"[1795424200 HOST ALERT: h;UP;HARD;1;x":    "time: no ']' behind it",
		"EXTERNAL COMMAND: DEL_SVC_DOWNTIME;all": `EXTERNAL COMMAND: DEL_SVC_DOWNTIME: downtime id: "all" ` +
			`is no number, or one too large`,
		"EXTERNAL COMMAND: ADD_HOST_COMMENT;h;1;bob": "EXTERNAL COMMAND: ADD_HOST_COMMENT: comment: missing",
		"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;h": "EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME: start: missing",
	} {
		b := readOne(t, line)
		if len(b.Rejected) != 1 || b.Rejected[0].Reason != want || len(b.Records) != 0 || len(b.Skipped) != 0 {
			t.Errorf("%s: %+v\nwant it rejected: %s", line, b, want)
		}
	}
}

// TestRestartAnywhere replaces the reader by a new one in front of every line,
// and ends the batch at every line: the records must be the same, exactly once.
func TestRestartAnywhere(t *testing.T) {
	for _, path := range []string{
		"testdata/nagios-4.4.6.log", "testdata/shinken-2.4.4.log", "testdata/icinga-2.13.6.log",
	} {
		lines := excerpt(t, path)
		t.Run(path, func(t *testing.T) { restartEverywhere(t, "", lines) })
	}
}

// restartEverywhere replaces the parser in front of each line, and of every line.
func restartEverywhere(t *testing.T, program string, lines []Line) {
	t.Helper()
	want := readAll(program, lines)
	for cut := range lines {
		got := readInParts(program, lines, func(i int) bool { return i == cut })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("restart in front of line %d:\n%s", cut+1, diff)
		}
	}
	got := readInParts(program, lines, func(int) bool { return true })
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("restart in front of every line:\n%s", diff)
	}
}

// readInParts reads lines, and goes over to a new parser where it is asked to.
func readInParts(program string, lines []Line, restart func(i int) bool) supervision.Batch {
	var all output
	take := func(r *Parser) {
		b := r.Take()
		all.merge(output{b.Records, b.Rejected, b.Skipped, b.Odd})
	}
	r := NewParser(program)
	for i, l := range lines {
		if restart(i) {
			take(r)
			again := NewParser(r.Program())
			for _, held := range r.Held() {
				again.Add(held)
			}
			r = again
		}
		r.Add(l)
	}
	r.release()
	r.forgetAll()
	take(r)
	return supervision.Batch{Records: all.records, Rejected: all.rejected, Skipped: all.skipped}
}

// TestHoldingBackIsBounded lets an endless row of notifications follow a
// passive result.
func TestHoldingBackIsBounded(t *testing.T) {
	r := NewParser("Nagios 4.4.6")
	lines := logLines("EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;h;1;gone", "PASSIVE HOST CHECK: h;0;fine")
	for i := range 3 * maxHeldLines {
		lines = append(lines, logLines(fmt.Sprintf("HOST NOTIFICATION: contact %d;h;DOWN;mail;gone", i))...)
	}
	taken := 0
	for _, l := range lines {
		r.Add(l)
		if n := len(r.Held()); n > maxHeldLines+1 { // and the order
			t.Fatalf("%d lines are held back", n)
		}
		taken += len(r.Take().Records)
	}
	if want := 1 + 3*maxHeldLines; taken != want {
		t.Errorf("%d records taken, want %d", taken, want)
	}
}

func TestEveryKindIsKnownOnce(t *testing.T) {
	for _, kind := range slices.Sorted(maps.Keys(kinds)) {
		if _, twice := silentKinds[kind]; twice {
			t.Errorf("%s is both read and skipped", kind)
		}
	}
}
