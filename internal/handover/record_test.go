package handover

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func line(pairs ...string) string { return strings.Join(pairs, "\t") }

func at(sec, micro int64) time.Time { return time.Unix(sec, micro*1000) }

func TestParseLine(t *testing.T) {
	web := supervision.Entity{Host: "web", Service: "HTTP"}
	for _, c := range []struct {
		name string
		line string
		want Line
	}{
		{
			"a service check",
			line("DATATYPE::SERVICECHECK", "TIMET::1700000010.250000", "HOSTNAME::web", "SERVICEDESC::HTTP",
				"SERVICESTATEID::2", "SERVICESTATETYPE::SOFT", "SERVICEATTEMPT::2", "MAXSERVICEATTEMPTS::3",
				"SERVICECHECKTYPE::PASSIVE", "LASTSERVICECHECK::1700000009.000001", "CHECKENDTIME::1700000010.1",
				"SERVICEEXECUTIONTIME::0.5", "SERVICELATENCY::0.25", "SERVICECHECKCOMMAND::check_http!a b",
				"RETURNCODE::2", "ACKNOWLEDGED::1", "FLAPPING::0", "DOWNTIMEDEPTH::2", "HOSTADDRESS::192.0.2.1",
				"SERVICEGROUPNAMES::a,b", "_SERVICESLA::99", `SERVICEOUTPUT::C:\\new\tx`, "SERVICEPERFDATA::a=1;2",
				`LONGSERVICEOUTPUT::one\ntwo\\n`, "TRUNCATED::LONGSERVICEOUTPUT"),
			Line{
				Record: supervision.Record{
					Kind: supervision.CheckResult, Entity: web, Time: at(1700000010, 250000), Check: &supervision.Check{
						State: supervision.Critical, StateType: supervision.Soft, Attempt: 2, MaxAttempts: 3,
						CheckType: supervision.Passive, Start: at(1700000009, 1), Execution: 0.5, Latency: 0.25,
						Command: "check_http!a b", Output: "C:\\new\tx", Perfdata: "a=1;2", LongOutput: "one\ntwo\\n",
						Truncated: true, Flags: &supervision.Flags{Acknowledged: true, DowntimeDepth: 2},
						Extra: map[string]string{
							"CHECKENDTIME": "1700000010.1", "RETURNCODE": "2", "HOSTADDRESS": "192.0.2.1",
							"SERVICEGROUPNAMES": "a,b", "_SERVICESLA": "99",
						},
					},
				},
			},
		},
		{
			"a check without the object",
			line("DATATYPE::HOSTCHECK", "TIMET::1700000010", "HOSTNAME::web", "HOSTSTATEID::1", "HOSTOUTPUT::"),
			Line{
				Record: supervision.Record{
					Kind: supervision.CheckResult, Entity: supervision.Entity{Host: "web"}, Time: at(1700000010, 0),
					Check: &supervision.Check{
						State: supervision.Down, StateType: supervision.StateTypeNotReported,
						CheckType: supervision.CheckTypeNotReported,
					},
				},
			},
		},
		{
			"a present state is as old as its result",
			line("DATATYPE::HOSTSTATE", "TIMET::1700000100", "HOSTNAME::web", "HOSTSTATEID::0",
				"LASTHOSTCHECK::1700000009.5", "HOSTEXECUTIONTIME::0.25", "ACKNOWLEDGED::0", "FLAPPING::1",
				"DOWNTIMEDEPTH::-1"),
			Line{
				Record: supervision.Record{
					Kind: supervision.PresentState, Entity: supervision.Entity{Host: "web"},
					Time: at(1700000009, 750000), Check: &supervision.Check{
						StateType: supervision.StateTypeNotReported, CheckType: supervision.CheckTypeNotReported,
						Start: at(1700000009, 500000), Execution: 0.25, Flags: &supervision.Flags{Flapping: true},
					},
				},
			},
		},
		{
			"an acknowledgement",
			line("DATATYPE::ACKNOWLEDGEMENT", "TIMET::5.5", "HOSTNAME::web", "SERVICEDESC::HTTP", "SERVICESTATEID::2",
				"AUTHOR::Zo\xe9", `COMMENT::a\tb\\`, "STICKY::1", "PERSISTENT::0", "EXPIRES::9", "LOADED::1"),
			Line{Record: supervision.Record{Kind: supervision.Acknowledged, Entity: web, Time: at(5, 500000),
				Note: &supervision.Note{
					Author: "Zo\xe9", Text: "a\tb\\", Sticky: true, Expires: at(9, 0), Loaded: true,
				}}},
		},
		{
			"its end",
			line("DATATYPE::ACKNOWLEDGEMENTREMOVED", "TIMET::5", "HOSTNAME::web", "SERVICEDESC::HTTP",
				"REASON::RECOVERY"),
			Line{Record: supervision.Record{
				Kind: supervision.AcknowledgementRemoved, Entity: web, Time: at(5, 0),
				Note: &supervision.Note{Text: "acknowledgement cleared by recovery", Recovered: true},
			}},
		},
		{
			"somebody removed it",
			line("DATATYPE::ACKNOWLEDGEMENTREMOVED", "TIMET::5", "HOSTNAME::web", "SERVICEDESC::HTTP",
				"REASON::COMMAND"),
			Line{Record: supervision.Record{
				Kind: supervision.AcknowledgementRemoved, Entity: web, Time: at(5, 0), Note: &supervision.Note{},
			}},
		},
		{
			"a comment",
			line("DATATYPE::COMMENTADDED", "TIMET::5", "HOSTNAME::web", "SERVICEDESC::HTTP", "ID::7", "AUTHOR::a",
				"COMMENT::c", "ENTRYTYPE::1", "PERSISTENT::1"),
			Line{Record: supervision.Record{
				Kind: supervision.CommentAdded, Entity: web, Time: at(5, 0),
				Note: &supervision.Note{ID: 7, Author: "a", Text: "c", Persistent: true},
			}},
		},
		{
			"a downtime that never began",
			line("DATATYPE::DOWNTIMEDELETED", "TIMET::5", "HOSTNAME::web", "SERVICEDESC::HTTP", "ID::7", "AUTHOR::a",
				"COMMENT::c", "ENTRY::1", "START::2", "END::3", "FIXED::0", "DURATION::60", "TRIGGEREDBY::4"),
			Line{
				Record: supervision.Record{
					Kind: supervision.DowntimeCancelled, Entity: web, Time: at(5, 0), Downtime: &supervision.Downtime{
						ID: 7, Author: "a", Comment: "c", Entry: at(1, 0), Start: at(2, 0), End: at(3, 0),
						Duration: time.Minute, TriggeredBy: 4, Forgotten: true},
				},
			},
		},
		{
			"flapping",
			line("DATATYPE::FLAPPINGSTARTED", "TIMET::5", "HOSTNAME::web", "SERVICEDESC::HTTP", "PERCENTCHANGE::25.25",
				"LOWTHRESHOLD::5", "HIGHTHRESHOLD::20"),
			Line{Record: supervision.Record{
				Kind: supervision.FlappingStarted, Entity: web, Time: at(5, 0),
				Flapping: &supervision.Flapping{Text: "25.2% change >= 20.0% threshold"},
			}},
		},
		{
			"flapping switched off",
			line("DATATYPE::FLAPPINGSTOPPED", "TIMET::5", "HOSTNAME::web", "PERCENTCHANGE::25.25", "DISABLED::1"),
			Line{Record: supervision.Record{
				Kind: supervision.FlappingStopped, Entity: supervision.Entity{Host: "web"}, Time: at(5, 0),
				Flapping: &supervision.Flapping{Disabled: true},
			}},
		},
		{
			"a start",
			line("DATATYPE::PROCESSSTARTED", "TIMET::5", "PID::12", "PROGRAM::Nagios 4.4.6"),
			Line{Record: supervision.Record{
				Kind: supervision.SupervisorStarted, Time: at(5, 0),
				Process: &supervision.ProcessState{PID: 12, Version: "Nagios 4.4.6"},
			}},
		},
		{"a sign of life", line("DATATYPE::ALIVE", "TIMET::5", "LOST::0"), Line{Skip: "sign of life"}},
		{"lost records", line("DATATYPE::LOST", "TIMET::5", "COUNT::12"), Line{Lost: 12}},
		{
			"a header",
			line("DATATYPE::SEGMENT", "FORMAT::1", "MODULE::neb 1.0", "PROGRAM::Nagios 4.4.6", "PID::12", "LAYOUT::4.0",
				"LOST::3"),
			Line{Header: &Header{
				Format: "1", Module: "neb 1.0", Program: "Nagios 4.4.6", Layout: "4.0", PID: 12, Lost: 3,
			}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseLine(c.line)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Comments of the supervisor itself come with a record of what they speak of.
func TestOnlyUsersCommentsAreRecords(t *testing.T) {
	for entryType, skipped := range map[string]bool{"1": false, "2": true, "3": true, "4": true} {
		got, err := ParseLine(line("DATATYPE::COMMENTADDED", "TIMET::5", "HOSTNAME::web", "ID::1", "COMMENT::c",
			"ENTRYTYPE::"+entryType))
		if err != nil || (got.Skip != "") != skipped {
			t.Errorf("entry type %s: %+v, %v", entryType, got, err)
		}
	}
}

func TestParseLineNamesTheFault(t *testing.T) {
	for _, c := range []struct{ line, want string }{
		{"", `"" is not KEY::VALUE`},
		{"[1700000000] SERVICE ALERT: a;b", `"[1700000000] SERVICE ALERT: a;b" is not KEY::VALUE`},
		{line("HOSTNAME::h", "DATATYPE::HOSTCHECK"), `begins with "HOSTNAME", not with DATATYPE`},
		{line("DATATYPE::GEARMAN", "TIMET::1"), `unknown DATATYPE "GEARMAN"`},
		{line("DATATYPE::HOSTCHECK", "TIMET::1", "HOSTNAME::h"), "no state"},
		{
			line("DATATYPE::SERVICECHECK", "TIMET::1", "HOSTNAME::h", "SERVICESTATEID::0"),
			"SERVICEDESC is missing or empty",
		},
		{line("DATATYPE::ACKNOWLEDGEMENT", "TIMET::1", "AUTHOR::a"), "HOSTNAME is missing or empty"},
		{line("DATATYPE::ACKNOWLEDGEMENT", "HOSTNAME::h"), "TIMET is missing or empty"},
		{line("DATATYPE::ACKNOWLEDGEMENT", "TIMET::1", "HOSTNAME::h", "HOSTNAME::i"), "field HOSTNAME: is there twice"},
		{line("DATATYPE::DOWNTIMESTARTED", "TIMET::1", "HOSTNAME::h", "ID::x"), `field ID: "x" is not a whole number`},
		{line("DATATYPE::SEGMENT", "MODULE::neb"), "header of the segment: no FORMAT"},
	} {
		if _, err := ParseLine(c.line); err == nil || err.Error() != c.want {
			t.Errorf("%q: got %v, want %s", c.line, err, c.want)
		}
	}
}

// TestParseLineDoesWithoutOddFields: only the host, the service, the time, the state
// and the number of a thing cost a record.
func TestParseLineDoesWithoutOddFields(t *testing.T) {
	for _, c := range []struct {
		line, field string
		still       func(supervision.Record) bool
	}{
		{
			line("DATATYPE::HOSTCHECK", "TIMET::1", "HOSTNAME::h", "HOSTSTATEID::9"), "HOSTSTATEID",
			func(r supervision.Record) bool { return r.Check.State == supervision.Unreachable },
		},
		{
			line("DATATYPE::SERVICECHECK", "TIMET::1", "HOSTNAME::h", "SERVICEDESC::s", "SERVICESTATEID::-7"),
			"SERVICESTATEID", func(r supervision.Record) bool { return r.Check.State == supervision.Unknown },
		},
		{
			line("DATATYPE::HOSTSTATE", "TIMET::7", "HOSTNAME::h", "HOSTSTATEID::1", "LASTHOSTCHECK::-4",
				"HOSTEXECUTIONTIME::1"), "LASTHOSTCHECK",
			func(r supervision.Record) bool { return r.Check.Start.IsZero() && r.Time.Unix() == 7 },
		},
		{
			line("DATATYPE::HOSTCHECK", "TIMET::1", "HOSTNAME::h", "HOSTSTATEID::1", "HOSTLATENCY::1795800305.571"),
			"HOSTLATENCY", func(r supervision.Record) bool { return r.Check.Latency == supervision.Unmeasured },
		},
		{
			line("DATATYPE::HOSTCHECK", "TIMET::1", "HOSTNAME::h", "HOSTSTATEID::1", "ACKNOWLEDGED::0", "FLAPPING::0",
				"DOWNTIMEDEPTH::x"), "DOWNTIMEDEPTH",
			func(r supervision.Record) bool { return r.Check.Flags == nil && r.Check.Extra == nil },
		},
		{
			line("DATATYPE::ACKNOWLEDGEMENT", "TIMET::1", "HOSTNAME::h", "STICKY::2", "COMMENT::c"), "STICKY",
			func(r supervision.Record) bool { return r.Note.Text == "c" && !r.Note.Sticky },
		},
		{
			line("DATATYPE::DOWNTIMESTARTED", "TIMET::1", "HOSTNAME::h", "ID::3", "START::soon"), "START",
			func(r supervision.Record) bool { return r.Downtime.ID == 3 && r.Downtime.Start.IsZero() },
		},
		{
			line("DATATYPE::FLAPPINGSTARTED", "TIMET::1", "HOSTNAME::h", "PERCENTCHANGE::inf"), "PERCENTCHANGE",
			func(r supervision.Record) bool { return r.Flapping.Text == "" },
		},
	} {
		got, err := ParseLine(c.line)
		if err != nil || len(got.Odd) != 1 || got.Odd[0].Field != c.field || !c.still(got.Record) {
			t.Errorf("%q: %v, odd %q: %+v", c.line, err, got.Odd, got.Record)
		}
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add(line("DATATYPE::SERVICECHECK", "TIMET::1700000010.250000", "HOSTNAME::web", "SERVICEDESC::HTTP",
		"SERVICESTATEID::2", "ACKNOWLEDGED::1", "FLAPPING::0", "DOWNTIMEDEPTH::2", `SERVICEOUTPUT::\\\t\n\r\0\x`,
		"_HOSTX::y"))
	f.Add(line("DATATYPE::HOSTSTATE", "TIMET::1", "HOSTNAME::h", "HOSTSTATEID::0", "LASTHOSTCHECK::1.999999",
		"HOSTEXECUTIONTIME::1e9"))
	f.Add(line("DATATYPE::DOWNTIMESCHEDULED", "TIMET::1", "HOSTNAME::h", "ID::-9223372036854775808",
		"DURATION::9223372036854775807", "END::253402300800"))
	f.Add(line("DATATYPE::FLAPPINGSTOPPED", "TIMET::1.", "HOSTNAME::h", "PERCENTCHANGE::-0.0"))
	f.Add(line("DATATYPE::SEGMENT", "FORMAT::1", "PID::-1"))
	f.Add("DATATYPE::LOST\tCOUNT::-5")
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseLine(text)
		if err != nil {
			return
		}
		rec := got.Record
		switch {
		case rec.Kind == 0:
		case rec.Time.IsZero():
			t.Errorf("no time: %+v", rec)
		case rec.Entity.Host == "" && rec.Process == nil:
			t.Errorf("no host: %+v", rec)
		case rec.Check == nil && rec.Note == nil && rec.Downtime == nil && rec.Flapping == nil && rec.Process == nil:
			t.Errorf("nothing was reported: %+v", rec)
		}
	})
}
