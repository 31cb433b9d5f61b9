package perfdata

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// PNP4Nagios' templates for bulk mode (its documentation, "Bulk Mode with NPCD").
const (
	pnpHostTemplate = "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$\tHOSTPERFDATA::$HOSTPERFDATA$" +
		"\tHOSTCHECKCOMMAND::$HOSTCHECKCOMMAND$\tHOSTSTATE::$HOSTSTATE$\tHOSTSTATETYPE::$HOSTSTATETYPE$"
	pnpServiceTemplate = "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$\tSERVICEDESC::$SERVICEDESC$" +
		"\tSERVICEPERFDATA::$SERVICEPERFDATA$" +
		"\tSERVICECHECKCOMMAND::$SERVICECHECKCOMMAND$\tHOSTSTATE::$HOSTSTATE$\tHOSTSTATETYPE::$HOSTSTATETYPE$" +
		"\tSERVICESTATE::$SERVICESTATE$\tSERVICESTATETYPE::$SERVICESTATETYPE$"
)

func TestParsePairs(t *testing.T) {
	tests := []struct {
		name, line string
		want       supervision.Record
	}{
		{
			name: "PNP service",
			line: "DATATYPE::SERVICEPERFDATA\tTIMET::1700000000\tHOSTNAME::h\tSERVICEDESC::s" +
				"\tSERVICEPERFDATA::C:\\new=45GB\tSERVICECHECKCOMMAND::check!a" +
				"\tHOSTSTATE::DOWN\tHOSTSTATETYPE::SOFT\tSERVICESTATE::CRITICAL\tSERVICESTATETYPE::HARD",
			want: checkOf("h", "s", 1700000000, func(c *supervision.Check) {
				c.State, c.StateType, c.Perfdata, c.Command = supervision.Critical, supervision.Hard, `C:\new=45GB`,
					"check!a"
				c.Extra = map[string]string{"HOSTSTATE": "DOWN", "HOSTSTATETYPE": "SOFT"}
			}),
		},
		{
			name: "Shinken's NPCD module writes ids",
			line: "DATATYPE::HOSTPERFDATA\tTIMET::1795425144\tHOSTNAME::bp\tHOSTPERFDATA::" +
				"\tHOSTCHECKCOMMAND::bp_rule!a,HTTP & b,MySQL\tHOSTSTATE::2\tHOSTSTATETYPE::1",
			want: checkOf("bp", "", 1795425144, func(c *supervision.Check) {
				c.State, c.StateType, c.Command = supervision.Unreachable, supervision.Hard, "bp_rule!a,HTTP & b,MySQL"
			}),
		},
		{
			name: "any order, unknown keys",
			line: "HOSTNAME::h\tMY_KEY::my::value\tTIMET::1\tHOSTSTATE::UP\tDATATYPE::HOSTPERFDATA\tEMPTY::",
			want: checkOf("h", "", 1, func(c *supervision.Check) {
				c.State, c.Extra = supervision.Up, map[string]string{"MY_KEY": "my::value", "EMPTY": ""}
			}),
		},
		{
			name: "tabs in a value",
			line: "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTPERFDATA::a=1\tb=2\t\tcheck::x\tHOSTSTATE::UP",
			want: checkOf("h", "", 1, func(c *supervision.Check) {
				c.State, c.Perfdata = supervision.Up, "a=1\tb=2\t\tcheck::x"
			}),
		},
		{
			name: "escapes of a broker module",
			line: `DATATYPE::SERVICECHECK	TIMET::1700000000.25	HOSTNAME::h	SERVICEDESC::C:\\` +
				`	SERVICESTATEID::2	SERVICEOUTPUT::a\tb\\n\0\x\	LONGSERVICEOUTPUT::1\n2\r\n\\n`,
			want: func() supervision.Record {
				r := checkOf("h", `C:\`, 1700000000, func(c *supervision.Check) {
					c.State, c.Output, c.LongOutput = supervision.Critical, "a\tb\\n\x00\\x\\", "1\n2\r\n\\n"
				})
				r.Time = r.Time.Add(250_000_000)
				return r
			}(),
		},
		{
			name: "long output of a template",
			line: "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\t" +
				`LONGHOSTOUTPUT::C:\\new\nline two\n	HOSTOUTPUT::C:\new`,
			want: checkOf("h", "", 1, func(c *supervision.Check) {
				c.Output, c.LongOutput = `C:\new`, "C:\\new\nline two\n"
			}),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := Pairs().Parse(tt.line)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParsePairsRefuses(t *testing.T) {
	var many strings.Builder
	for i := range 4100 {
		fmt.Fprintf(&many, "\tK%d::", i)
	}
	tests := []struct{ name, line, want string }{
		{"empty", "", `"" is not KEY::VALUE`},
		{"no pair", "hello\tDATATYPE::HOSTPERFDATA", `"hello" is not KEY::VALUE`},
		{"no DATATYPE", "TIMET::1\tHOSTNAME::h", "no DATATYPE"},
		{"unknown DATATYPE", "DATATYPE::GEARMAN\tTIMET::1", `unknown DATATYPE "GEARMAN"`},
		{"time", "DATATYPE::HOSTPERFDATA\tTIMET::abc\tHOSTNAME::h", `field 2 TIMET: "abc" is not a number of seconds`},
		{"unresolved time", "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::h", "TIMET is missing or empty"},
		{
			"twice", "DATATYPE::HOSTPERFDATA\tTIMET::1\tHOSTNAME::h\tHOSTOUTPUT::x\tHOSTNAME::other",
			"field HOSTNAME: is there twice",
		},
		{"no service", "DATATYPE::SERVICECHECK\tTIMET::1\tHOSTNAME::h", "SERVICEDESC is missing or empty"},
		{"too many", "DATATYPE::HOSTPERFDATA" + many.String(), "more than 4096 pairs"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if _, _, err := Pairs().Parse(tt.line); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A template may have keys of its own.
func TestPairsWithAliases(t *testing.T) {
	f := mustCompile(t,
		"DATATYPE::HOSTPERFDATA\tTIME::$TIMET$\tHOSTNAME::$HOSTNAME$\tSTATE::$HOSTSTATEID$\tOWNER::$_HOSTOWNER$", Host)
	got, _, err := f.Parse("DATATYPE::HOSTPERFDATA\tTIME::7\tHOSTNAME::h\tSTATE::1\tOWNER::team")
	if err != nil {
		t.Fatal(err)
	}
	want := checkOf("h", "", 7, func(c *supervision.Check) {
		c.State, c.Extra = supervision.Down, map[string]string{"OWNER": "team"}
	})
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if !f.HasState() {
		t.Error("HasState is false")
	}
}

// A template that only begins like pairs is read by its separators.
func TestNotQuitePairs(t *testing.T) {
	f := mustCompile(t, "DATATYPE::HOSTPERFDATA\t$TIMET$\t$HOSTNAME$", Host)
	got, _, err := f.Parse("DATATYPE::HOSTPERFDATA\t7\th")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(checkOf("h", "", 7, func(*supervision.Check) {}), got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
