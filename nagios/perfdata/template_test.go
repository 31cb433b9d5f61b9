package perfdata

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// richTemplate has all that Nagios knows of a service check; unlike the default
// one it has the state.
const richTemplate = "[S]\t$TIMET$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICESTATE$\t$SERVICESTATEID$\t$SERVICESTATETYPE$\t" +
	"$SERVICEATTEMPT$\t$MAXSERVICEATTEMPTS$\t$SERVICEEXECUTIONTIME$\t$SERVICELATENCY$\t$SERVICEOUTPUT$\t" +
	"$LONGSERVICEOUTPUT$\t$SERVICEPERFDATA$\t$SERVICECHECKCOMMAND$\t$LASTSERVICECHECK$" +
	"\t$SERVICECHECKTYPE$\t$HOSTSTATE$\t$_SERVICEOWNER$\t$_HOSTOS$"

func mustCompile(t testing.TB, template string, class Class) *Format {
	t.Helper()
	f, err := Compile(template, class)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// checkOf returns a record in which nothing else was reported.
func checkOf(host, service string, at int64, set func(*supervision.Check)) supervision.Record {
	c := &supervision.Check{
		State: supervision.StateNotReported, StateType: supervision.StateTypeNotReported,
		CheckType: supervision.CheckTypeNotReported,
	}
	set(c)
	return supervision.Record{
		Kind:   supervision.CheckResult,
		Entity: supervision.Entity{Host: host, Service: service},
		Time:   time.Unix(at, 0),
		Check:  c,
	}
}

func TestParseTemplateLines(t *testing.T) {
	const withTail = "[P]\t$TIMET$\t$HOSTNAME$\t$SERVICEOUTPUT$\t$SERVICEPERFDATA$\t$SERVICEDESC$\t$SERVICESTATE$"
	tests := []struct {
		name     string
		template string
		class    Class
		line     string
		want     supervision.Record
	}{
		{
			name: "default service", template: DefaultServiceTemplate, class: Service,
			line: "[SERVICEPERFDATA]\t1795424199\tServeur été\tEspace disque\t0.144\t0.725\tOK - fine\t" +
				"value=94;80;90;0;100",
			want: checkOf("Serveur été", "Espace disque", 1795424199, func(c *supervision.Check) {
				c.Execution, c.Latency, c.Output, c.Perfdata = 0.144, 0.725, "OK - fine", "value=94;80;90;0;100"
			}),
		},
		{
			name: "default host, no perfdata", template: DefaultHostTemplate, class: Host,
			line: "[HOSTPERFDATA]\t1795424197\tsrv\t0.126\tPING OK\t",
			want: checkOf("srv", "", 1795424197, func(c *supervision.Check) {
				c.Execution, c.Output = 0.126, "PING OK"
			}),
		},
		{
			name: "everything", template: richTemplate, class: Service,
			line: "[S]\t1795448270\th\ts\tWARNING\t1\tSOFT\t2\t3\t0.008\t0.001" +
				"\tC:\\first\tC:\\\\new\\\\line two\\nliteral \\\\n stays\ta=1\tcheck!x y\t1795448269" +
				"\tPASSIVE\tDOWN\tteam\t$_HOSTOS$",
			want: checkOf("h", "s", 1795448270, func(c *supervision.Check) {
				c.State, c.StateType, c.CheckType, c.Attempt, c.MaxAttempts = supervision.Warning, supervision.Soft,
					supervision.Passive, 2, 3
				c.Execution, c.Latency, c.Start = 0.008, 0.001, time.Unix(1795448269, 0)
				c.Output, c.LongOutput, c.Perfdata, c.Command = `C:\first`, "C:\\new\\line two\nliteral \\n stays",
					"a=1", "check!x y"
				c.Extra = map[string]string{"HOSTSTATE": "DOWN", "_SERVICEOWNER": "team"}
			}),
		},
		{
			name: "tabs in output", template: DefaultServiceTemplate, class: Service,
			line: "[SERVICEPERFDATA]\t1\th\ts\t0.033\t0.000\tcol1\tcol2\tcol3\tt=1",
			want: checkOf("h", "s", 1, func(c *supervision.Check) {
				c.Execution, c.Output, c.Perfdata = 0.033, "col1\tcol2\tcol3", "t=1"
			}),
		},
		{
			name: "tab in perfdata", template: DefaultServiceTemplate, class: Service,
			line: "[SERVICEPERFDATA]\t1\th\ts\t0\t0\tOK\ta=1   b=2\tc=3 ; d = 4",
			want: checkOf("h", "s", 1, func(c *supervision.Check) {
				c.Output, c.Perfdata = "OK", "a=1   b=2\tc=3 ; d = 4"
			}),
		},
		{
			name: "tabs in output, no perfdata", template: DefaultServiceTemplate, class: Service,
			line: "[SERVICEPERFDATA]\t1\th\ts\t0\t0\ta\tb=c\td\t",
			want: checkOf("h", "s", 1, func(c *supervision.Check) { c.Output = "a\tb=c\td" }),
		},
		{
			name: "tabs and nothing like perfdata", template: DefaultServiceTemplate, class: Service,
			line: "[SERVICEPERFDATA]\t1\th\ts\t0\t0\tOK\tsome\tjunk",
			want: checkOf("h", "s", 1, func(c *supervision.Check) { c.Output, c.Perfdata = "OK", "some\tjunk" }),
		},
		{
			name: "tabs in both, fields behind", template: withTail, class: Service,
			line: "[P]\t1\th\tx\ty\t'a b'=1\tb=2\tsvc\tCRITICAL",
			want: checkOf("h", "svc", 1, func(c *supervision.Check) {
				c.State, c.Output, c.Perfdata = supervision.Critical, "x\ty", "'a b'=1\tb=2"
			}),
		},
		{
			name: "blanks as separators", template: "$TIMET$ $HOSTNAME$ $HOSTSTATEID$ $HOSTOUTPUT$|$HOSTPERFDATA$",
			class: Host, line: "1 Serveur été 2 a | b c=1|d=2",
			want: checkOf("Serveur été", "", 1, func(c *supervision.Check) {
				c.State, c.Output, c.Perfdata = supervision.Unreachable, "a | b c=1", "d=2"
			}),
		},
		{
			name: "literal behind the last macro, dollars", template: "<$TIMET$|$HOSTNAME$|$$ $HOSTOUTPUT$>",
			class: Host, line: "<1|h|$ out>>",
			want: checkOf("h", "", 1, func(c *supervision.Check) { c.Output = "out>" }),
		},
		{
			name: "a line feed at the end", template: "$LASTHOSTCHECK$\t$HOSTNAME$\t$HOSTPERFDATA$\r\n", class: Host,
			line: "1000\th\ta=1\r",
			want: checkOf("h", "", 1000, func(c *supervision.Check) {
				c.Start, c.Perfdata = time.Unix(1000, 0), "a=1"
			}),
		},
		{
			name: "no TIMET", template: "$LASTSERVICECHECK$\t$HOSTNAME$\t$SERVICEDESC$\t$SERVICEEXECUTIONTIME$",
			class: Service, line: "1000\th\ts\t2.000",
			want: checkOf("h", "s", 1002, func(c *supervision.Check) { c.Start, c.Execution = time.Unix(1000, 0), 2 }),
		},
		{
			name:     "macros that the supervisor does not know",
			template: DefaultHostTemplate + "\t$HOSTSTATE$\t$HOSTATTEMPT$", class: Host,
			line: "[HOSTPERFDATA]\t1\th\t\tout\t\t$HOSTSTATE$\t$HOSTATTEMPT$",
			want: checkOf("h", "", 1, func(c *supervision.Check) { c.Output = "out" }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _, err := mustCompile(t, tt.template, tt.class).Parse(tt.line)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// rich is a line of richTemplate with another value in a field; field 0 is none.
func rich(field int, value string) string {
	fields := strings.Split("[S]\t1795448270\th\ts\tWARNING\t1\tSOFT\t2\t3\t0.008\t0.001\tout\t\ta=1\tcheck\t"+
		"1795448269\tACTIVE\tUP\t\t", "\t")
	if field > 0 {
		fields[field] = value
	}
	return strings.Join(fields, "\t")
}

func TestParseRefuses(t *testing.T) {
	if _, _, err := mustCompile(t, richTemplate, Service).Parse(rich(1, "1")); err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, line, want string }{
		{"prefix", "[T]\t1", `does not start with "[S]\t"`},
		{"short", "[S]\t1\th\ts\tOK", `ends in field 4 SERVICESTATE: 4 of 19 fields`},
		{"time", rich(1, "abc"), `field 1 TIMET: "abc" is not a number of seconds`},
		{"negative time", rich(1, "-5"), `field 1 TIMET: "-5" is not a number of seconds`},
		{"time 0", rich(1, "0"), `field 1 TIMET: "0" is no sensible time`},
		{"far time", rich(1, "99999999999"), `field 1 TIMET: "99999999999" is no sensible time`},
		{"fraction", rich(1, "1.x"), `field 1 TIMET: "1.x" is not a number of seconds`},
		{"no host", rich(2, ""), `HOSTNAME is missing or empty`},
		{"unresolved service", rich(3, "$SERVICEDESC$"), `SERVICEDESC is missing or empty`},
		{"state", rich(4, "BAD"), `field 4 SERVICESTATE: "BAD" is no state of a service`},
		{"host's state", rich(4, "DOWN"), `field 4 SERVICESTATE: "DOWN" is no state of a service`},
	}
	f := mustCompile(t, richTemplate, Service)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := f.Parse(tt.line)
			if err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// TestParseDoesWithoutOddFields: only the host, the service, the time and the state
// cost a result.
func TestParseDoesWithoutOddFields(t *testing.T) {
	f := mustCompile(t, richTemplate, Service)
	usual, odd, err := f.Parse(rich(0, ""))
	if err != nil || odd != nil {
		t.Fatalf("%v, odd: %v", err, odd)
	}
	checkOf := func(change func(c *supervision.Check)) *supervision.Check {
		c := *usual.Check
		change(&c)
		return &c
	}
	noType := checkOf(func(c *supervision.Check) { c.StateType = supervision.StateTypeNotReported })
	noAttempt := checkOf(func(c *supervision.Check) { c.Attempt = 0 })
	noMost := checkOf(func(c *supervision.Check) { c.MaxAttempts = 0 })
	noExecution := checkOf(func(c *supervision.Check) { c.Execution = supervision.Unmeasured })
	noLatency := checkOf(func(c *supervision.Check) { c.Latency = supervision.Unmeasured })
	noStart := checkOf(func(c *supervision.Check) { c.Start = time.Time{} })
	noOrigin := checkOf(func(c *supervision.Check) { c.CheckType = supervision.CheckTypeNotReported })
	unknown := checkOf(func(c *supervision.Check) { c.State = supervision.Unknown })
	for _, tt := range []struct {
		field int
		value string
		want  *supervision.Check
	}{
		{5, "4", unknown}, {5, "-1", unknown}, {5, "255", unknown}, {5, "(unknown)", unknown},
		{6, "2", noType}, {6, "soft-ish", noType},
		{7, "-1", noAttempt}, {7, "1,5", noAttempt}, {7, "99999999999", noAttempt}, {8, "nan", noMost},
		{9, "inf", noExecution}, {9, "-0.5", noExecution}, {9, "0,144", noExecution},
		{9, "1795800305.571", noExecution},
		{10, "1e300", noLatency}, {10, "1795800305.571", noLatency}, {10, "-nan", noLatency},
		{10, "0,020", noLatency},
		{15, "yesterday", noStart}, {15, "-5", noStart}, {15, "99999999999", noStart},
		{16, "x", noOrigin},
	} {
		got, odd, err := f.Parse(rich(tt.field, tt.value))
		if err != nil || len(odd) != 1 || odd[0].Value != tt.value || odd[0].Reason == "" {
			t.Errorf("field %d %q: %v, odd: %q", tt.field, tt.value, err, odd)
			continue
		}
		if diff := cmp.Diff(tt.want, got.Check); diff != "" {
			t.Errorf("field %d %q: -want +got:\n%s", tt.field, tt.value, diff)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	tests := []struct {
		name, template string
		class          Class
		want           string
	}{
		{"nothing", "", Host, "no time: neither $TIMET$ nor $LASTHOSTCHECK$"},
		{"no time", "$HOSTNAME$\t$SERVICEDESC$", Service, "no time: neither $TIMET$ nor $LASTSERVICECHECK$"},
		{"other object's time", "$LASTHOSTCHECK$\t$HOSTNAME$\t$SERVICEDESC$", Service, "no time"},
		{"no host", "$TIMET$", Host, "no $HOSTNAME$"},
		{"no service", "$TIMET$\t$HOSTNAME$", Service, "no $SERVICEDESC$"},
		{
			"no separator", "$TIMET$\t$HOSTNAME$\t$HOSTOUTPUT$$HOSTPERFDATA$", Host,
			"nothing separates $HOSTOUTPUT$ from $HOSTPERFDATA$",
		},
		{"open macro", "$TIMET$\t$HOSTNAME", Host, "the macro $HOSTNAME has no closing $"},
		{"two lines", "$TIMET$\t$HOSTNAME$\n$HOSTOUTPUT$", Host, "a record must be one line"},
		{"many macros", "$TIMET$\t$HOSTNAME$" + strings.Repeat("\t$X$", 200), Host, "more than 128 macros"},
		{
			"wrong DATATYPE", "DATATYPE::HOSTPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$", Service,
			"DATATYPE::HOSTPERFDATA is not DATATYPE::SERVICEPERFDATA",
		},
		{
			"escaped DATATYPE", "DATATYPE::HOSTCHECK\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$", Host,
			"DATATYPE::HOSTCHECK is not DATATYPE::HOSTPERFDATA",
		},
		{
			"pairs without service", "DATATYPE::SERVICEPERFDATA\tTIMET::$TIMET$\tHOSTNAME::$HOSTNAME$", Service,
			"no $SERVICEDESC$",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Compile(tt.template, tt.class)
			if err == nil || !strings.Contains(err.Error(), tt.want) ||
				!strings.HasPrefix(err.Error(), tt.class.String()+" perfdata template ") {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

// A line full of separators is read in bounded time.
func TestParseManySeparators(t *testing.T) {
	f := mustCompile(t, "$TIMET$\t$HOSTNAME$\t$HOSTOUTPUT$\t$HOSTPERFDATA$\t$LONGHOSTOUTPUT$\t$HOSTSTATE$", Host)
	began := time.Now()
	_, _, err := f.Parse("1\th" + strings.Repeat("\tx", 500_000))
	if err == nil {
		t.Error("a line without a state was taken")
	}
	if spent := time.Since(began); spent > 5*time.Second {
		t.Errorf("took %v", spent)
	}
}

func TestStartsLikePerfdata(t *testing.T) {
	for s, want := range map[string]bool{
		"a=1": true, "  a=1": true, "'a b'=1": true, "'it''s'=3": true, "a=U;1": true, "a=-1": true, "a=.5": true,
		"/=5": true, "": false, "a": false, "a b=1": false, "=1": false, "a=": false, "a=x": false, "'a b=1": false,
		"a\tb=1": false, "'": false, "''=": false,
	} {
		if got := startsLikePerfdata(s); got != want {
			t.Errorf("%q: got %v", s, got)
		}
	}
}
