package logfile

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	orderS = "EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;s;"
	orderH = "EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;h;"
)

// TestPassiveResults shows each record that matters as "entity state output",
// with "+perfdata", "+long" and the state type where they were reported.
func TestPassiveResults(t *testing.T) {
	for name, test := range map[string]struct {
		program string
		lines   []string
		want    []string
		skipped map[string]int
	}{
		"a pair without an ALERT": {
			lines: []string{orderS + `2;bad; so|a=1\nlong\\n`, "PASSIVE SERVICE CHECK: h;s;0;what was before"},
			want:  []string{`h;s 2 passive "bad: so" +"a=1" +"long\\n"`},
		},
		"a pair and its ALERT": {
			lines: []string{
				orderS + "2;bad|a=1", "PASSIVE SERVICE CHECK: h;s;0;before", "SERVICE ALERT: h;s;CRITICAL;SOFT;1;bad",
			},
			want: []string{`h;s 2 passive soft "bad" +"a=1"`},
		},
		"lines between a pair and its ALERT": {
			lines: []string{
				orderH + "1;gone|rta=0", "PASSIVE HOST CHECK: h;0;before", "HOST FLAPPING ALERT: h;STARTED; x",
				"HOST NOTIFICATION: bob;h;DOWN;mail;gone", "Warning: something\nrest of it",
				"HOST DOWNTIME ALERT: h;STARTED; x", "[1795424201] HOST ALERT: h;DOWN;HARD;1;gone",
			},
			want: []string{
				"h flapping started", "h notification", "h downtime started", `h 1 passive hard "gone" +"rta=0"`,
			},
			skipped: map[string]int{skipInformational: 1, skipContinuation: 1},
		},
		"lines of the host between a service's pair and its ALERT": {
			lines: []string{
				orderS + "2;bad", "PASSIVE SERVICE CHECK: h;s;0;before", "HOST FLAPPING ALERT: h;STARTED; x",
				"SERVICE NOTIFICATION: bob;h;s;CRITICAL;mail;bad", "SERVICE ALERT: h;s;CRITICAL;HARD;1;bad",
			},
			want: []string{"h flapping started", "h;s notification", `h;s 2 passive hard "bad"`},
		},
		"an ALERT of another result of the same second": {
			lines: []string{
				orderS + "1;passive says", "PASSIVE SERVICE CHECK: h;s;0;before",
				"SERVICE ALERT: h;s;OK;SOFT;2;active says",
			},
			want: []string{`h;s 1 passive "passive says"`, `h;s 0 soft "active says"`},
		},
		"an ALERT of another object": {
			lines: []string{
				orderS + "1;x", "PASSIVE SERVICE CHECK: h;s;0;before", "SERVICE ALERT: h;other;WARNING;SOFT;1;x",
			},
			want: []string{`h;s 1 passive "x"`, `h;other 1 soft "x"`},
		},
		"an ALERT two seconds later": {
			lines: []string{
				orderS + "1;x", "PASSIVE SERVICE CHECK: h;s;0;before",
				"[1795424202] SERVICE ALERT: h;s;WARNING;HARD;1;x",
			},
			want: []string{`h;s 1 passive "x"`, `h;s 1 hard "x"`},
		},
		"an ALERT behind another command": {
			lines: []string{
				orderS + "1;x", "PASSIVE SERVICE CHECK: h;s;0;before",
				"EXTERNAL COMMAND: REMOVE_HOST_ACKNOWLEDGEMENT;h", "SERVICE ALERT: h;s;WARNING;HARD;1;x",
			},
			want: []string{`h;s 1 passive "x"`, "h acknowledgement removed", `h;s 1 hard "x"`},
		},
		"two results of one service in one second": {
			lines: []string{
				orderS + "1;one", "PASSIVE SERVICE CHECK: h;s;0;before",
				orderS + "2;two", "PASSIVE SERVICE CHECK: h;s;1;one",
				"SERVICE ALERT: h;s;CRITICAL;HARD;1;two",
			},
			want: []string{`h;s 1 passive "one"`, `h;s 2 passive hard "two"`},
		},
		"a refused order": {
			lines: []string{
				orderS + "1;x", "Warning:  Passive check result was received for service 's' on host 'h', but ...",
				"SERVICE ALERT: h;s;WARNING;HARD;1;x",
			},
			want: []string{`h;s 1 hard "x"`}, skipped: map[string]int{skipInformational: 1},
		},
		"an order at the end": {lines: []string{orderS + "1;x"}},
		"a host named by its address": {
			lines: []string{
				"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;192.0.2.61;s;0;fine",
				"PASSIVE SERVICE CHECK: h;s;2;before",
			},
			want: []string{`h;s 0 passive "fine"`},
		},
		"an order for another service": {
			lines: []string{
				"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;other;0;fine", "PASSIVE SERVICE CHECK: h;s;2;before",
			},
			skipped: map[string]int{skipNotReported: 1},
		},
		"a host's order and a service's line": {
			lines:   []string{orderH + "0;fine", "PASSIVE SERVICE CHECK: h;s;2;before"},
			skipped: map[string]int{skipNotReported: 1},
		},
		"an order that was refused long ago": {
			lines:   []string{orderS + "1;x", "[1795424202] PASSIVE SERVICE CHECK: h;s;2;before"},
			skipped: map[string]int{skipNotReported: 1},
		},
		"a result without its order": {
			lines:   []string{"PASSIVE SERVICE CHECK: h;s;2;before", "SERVICE ALERT: h;s;OK;HARD;1;x"},
			want:    []string{`h;s 0 hard "x"`},
			skipped: map[string]int{skipNotReported: 1},
		},
		"codes out of range": {
			lines: []string{
				orderS + "7;exit code 7", "PASSIVE SERVICE CHECK: h;s;0;before",
				orderS + "-1;below", "PASSIVE SERVICE CHECK: h;s;0;x",
				orderS + "x;no number", "PASSIVE SERVICE CHECK: h;s;0;x",
				orderH + "2;", "PASSIVE HOST CHECK: h;0;before",
			},
			want: []string{
				`h;s 3 passive "exit code 7"`, `h;s 3 passive "below"`,
				`h;s 0 passive "no number"`, `h 2 passive "(No output returned from plugin)"`,
			},
		},
		"a host's problem that was translated": {
			lines: []string{
				orderH + "1;gone", "PASSIVE HOST CHECK: h;0;before", "HOST ALERT: h;UNREACHABLE;HARD;1;gone",
			},
			want: []string{`h 2 passive hard "gone"`},
		},
		"Nagios 3 shows the result itself": {
			program: "Nagios 3.5.1",
			lines: []string{
				orderS + "1;one|a=1", orderS + "2;two", "PASSIVE SERVICE CHECK: h;s;1;one",
				"PASSIVE SERVICE CHECK: h;s;2;two",
			},
			want: []string{`h;s 1 passive "one" +"a=1"`, `h;s 2 passive "two"`},
		},
		"Naemon's order completes its line": {
			program: "Naemon 1.4.1",
			lines:   []string{orderS + `2;bad|a=1\nmore`, "PASSIVE SERVICE CHECK: h;s;2;bad"},
			want:    []string{`h;s 2 passive "bad" +"a=1" +"more"`},
		},
		"Icinga 1 shows a translated state": {
			program: "Icinga 1.14.2",
			lines: []string{
				orderH + "1;gone|a=1", "PASSIVE HOST CHECK: h;2;gone", "HOST ALERT: h;UNREACHABLE;SOFT;1;gone",
			},
			want: []string{`h 2 passive soft "gone" +"a=1"`},
		},
		"Naemon's result from the check result directory": {
			program: "Naemon 1.4.1",
			lines:   []string{"PASSIVE HOST CHECK: h;1;gone", "HOST ALERT: h;DOWN;SOFT;1;gone"},
			want:    []string{`h 1 passive soft "gone"`},
		},
		"Shinken shows the whole output": {
			program: "Shinken 2.4.3",
			lines: []string{
				`PASSIVE SERVICE CHECK: h;s;2;bad\nmore | a=1`, "PASSIVE HOST CHECK: h;1;code of a plugin",
				"PASSIVE HOST CHECK: h;2;gone",
			},
			want: []string{`h;s 2 passive "bad\\nmore" +"a=1"`, `h 0 passive "code of a plugin"`, `h 1 passive "gone"`},
		},
		"an unknown supervisor is known by its start": {
			lines: []string{
				"PASSIVE HOST CHECK: h;1;x", "Naemon 1.4.1 starting... (PID=1)", "PASSIVE HOST CHECK: h;1;gone",
			},
			want:    []string{" supervisor started", `h 1 passive "gone"`},
			skipped: map[string]int{skipNotReported: 1},
		},
		"Shinken is known by its daemons": {
			lines: []string{"INFO: [Shinken] Shinken 2.4.3", "PASSIVE HOST CHECK: h;2;gone"},
			want:  []string{`h 1 passive "gone"`}, skipped: map[string]int{skipInformational: 1},
		},
		"Shinken 1.4 logs commands through its logger": {
			lines: []string{"Info :    EXTERNAL COMMAND: [1795424199] REMOVE_HOST_ACKNOWLEDGEMENT;h"},
			want:  []string{"h acknowledgement removed"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := readAll(test.program, logLines(test.lines...))
			var got []string
			for _, rec := range b.Records {
				got = append(got, brief(rec))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			want := map[string]int{}
			for _, line := range test.lines {
				if strings.Contains(line, ": PROCESS_") {
					want[skipPassiveOrder]++
				}
			}
			for reason, n := range test.skipped {
				want[reason] += n
			}
			maps.DeleteFunc(want, func(_ string, n int) bool { return n == 0 })
			if diff := cmp.Diff(want, b.Skipped, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("skipped:\n%s", diff)
			}
			if len(b.Rejected) > 0 {
				t.Errorf("rejected: %+v", b.Rejected)
			}
		})
	}
}

// brief shows a record in a line.
func brief(rec supervision.Record) string {
	s := rec.Entity.String()
	c := rec.Check
	if c == nil {
		return s + " " + rec.Kind.String()
	}
	s += " " + string('0'+rune(c.State))
	if c.CheckType == supervision.Passive {
		s += " passive"
	}
	s += map[supervision.StateType]string{supervision.Soft: " soft", supervision.Hard: " hard"}[c.StateType]
	s += " " + quote([]byte(c.Output))
	for _, more := range []string{c.Perfdata, c.LongOutput} {
		if more != "" {
			s += " +" + quote([]byte(more))
		}
	}
	return s
}

func TestPassiveLinesTellNews(t *testing.T) {
	for program, want := range map[string]bool{
		"":              false,
		"Nagios 2.12":   true,
		"Nagios 3.5.1":  true,
		"Nagios 4.0.8":  true,
		"Nagios 4.3.4":  true,
		"Nagios 4.4.0":  false,
		"Nagios 4.4.6":  false,
		"Nagios 4.5.12": false,
		"nagios 3.5.1":  true,
		"nagios 4.4.6":  false,
		"nagios":        false,
		"Nagios 5.0":    false,
		"Nagios XI":     false,
		"Naemon 1.4.1":  true,
		"Icinga 1.14.2": true,
		"Shinken":       true,
	} {
		if got := passiveLinesAreCurrent(program); got != want {
			t.Errorf("%q: %v, want %v", program, got, want)
		}
	}
}

func TestCommandOutput(t *testing.T) {
	for raw, want := range map[string]pluginOutput{
		"":                          {short: noOutput},
		"plain":                     {short: "plain"},
		" \t blanks \r":             {short: "blanks"},
		"a;b|c=1;2;3":               {short: "a:b", perfdata: "c=1;2;3"},
		"|c=1":                      {perfdata: "c=1"},
		"a|":                        {short: "a"},
		`a\nb\nc`:                   {short: "a", long: "b\nc"},
		`a|p=1\nb\nc|q=2\nr=3\ns=4`: {short: "a", long: "b\nc", perfdata: "p=1 q=2 r=3 s=4"},
		`a|p=1|x\nb;c|q=2|y`:        {short: "a", long: "b;c", perfdata: "p=1|x q=2|y"},
		`\nsecond`:                  {short: noOutput, long: "second"},
		`C:\\new\\temp`:             {short: `C:\new\temp`},
		`C:\temp`:                   {short: `C:\temp`},
		`a\`:                        {short: `a\`},
		`a\\\nb`:                    {short: `a\`, long: "b"},
		"a\\nb\\n":                  {short: "a", long: "b"},
		"caf\xe9|d\xe9bit=1":        {short: "caf\xe9", perfdata: "d\xe9bit=1"},
	} {
		if got := commandOutput(raw); got != want {
			t.Errorf("%q: %+v, want %+v", raw, got, want)
		}
	}
}
