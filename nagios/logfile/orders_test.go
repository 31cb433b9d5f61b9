package logfile

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// collected are parts of logs of supervisors that collect passive results.
var collected = map[string]struct {
	lines []string
	want  []string
}{
	"a block of orders and one of results": {
		lines: []string{
			orderS + `0;fine|a=1\nlong`, orderH + "1;gone|rta=0",
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;t;0;fine|a=2",
			"[1795424205] PASSIVE SERVICE CHECK: h;s;0;fine", "[1795424205] PASSIVE HOST CHECK: h;1;gone",
			"[1795424205] HOST ALERT: h;DOWN;SOFT;1;gone", "[1795424206] PASSIVE SERVICE CHECK: h;t;0;fine",
		},
		want: []string{
			`h;s 0 passive "fine" +"a=1" +"long"`, `h 1 passive soft "gone" +"rta=0"`, `h;t 0 passive "fine" +"a=2"`,
		},
	},
	"the oldest that fits": {
		lines: []string{
			orderS + "0;fine|a=1", orderS + "1;bad|a=2", orderS + "0;fine|a=3",
			"PASSIVE SERVICE CHECK: h;s;0;fine",
			"PASSIVE SERVICE CHECK: h;s;1;bad",
			"PASSIVE SERVICE CHECK: h;s;0;fine",
			"PASSIVE SERVICE CHECK: h;s;0;fine",
		},
		want: []string{
			`h;s 0 passive "fine" +"a=1"`, `h;s 1 passive "bad" +"a=2"`,
			`h;s 0 passive "fine" +"a=3"`, `h;s 0 passive "fine"`,
		},
	},
	"lines between": {
		lines: []string{
			orderS + "0;fine|a=1", "SERVICE ALERT: x;y;OK;SOFT;2;x",
			"EXTERNAL COMMAND: DEL_ALL_HOST_COMMENTS;h", "[x] rest of a line",
			"PASSIVE SERVICE CHECK: h;s;0;fine",
		},
		want: []string{`x;y 0 soft "x"`, "h comment deleted", `h;s 0 passive "fine" +"a=1"`},
	},
	"hosts with the same results": {
		lines: []string{
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;a;s;0;fine|a=1",
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;b;s;0;fine|a=2",
			"PASSIVE SERVICE CHECK: c;s;0;fine",
			"PASSIVE SERVICE CHECK: b;s;0;fine",
			"PASSIVE SERVICE CHECK: a;s;0;fine",
		},
		want: []string{`c;s 0 passive "fine"`, `b;s 0 passive "fine" +"a=2"`, `a;s 0 passive "fine" +"a=1"`},
	},
	"hosts named by their addresses": {
		lines: []string{
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;192.0.2.1;s;0;fine|a=1",
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;a.example;s;0;fine|a=2",
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;b;s;0;fine|a=3",
			"PASSIVE SERVICE CHECK: c;s;0;fine",
			"PASSIVE SERVICE CHECK: A;s;0;fine",
			"PASSIVE SERVICE CHECK: b;s;0;fine",
		},
		want: []string{`c;s 0 passive "fine" +"a=1"`, `A;s 0 passive "fine" +"a=2"`, `b;s 0 passive "fine" +"a=3"`},
	},
	"an object that is unknown": {
		lines: []string{
			"EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;192.0.2.9;s;0;fine|a=1",
			"Warning:  Passive check result was received for service 's' on host '192.0.2.9', " +
				"but the host could not be found!",
			"EXTERNAL COMMAND: PROCESS_HOST_CHECK_RESULT;192.0.2.9;0;fine|a=1",
			"Warning:  Passive check result was received for host '192.0.2.9', but the host could not be found!",
			"PASSIVE SERVICE CHECK: h;s;0;fine", "PASSIVE HOST CHECK: h;0;fine",
		},
		want: []string{`h;s 0 passive "fine"`, `h 0 passive "fine"`},
	},
	"an order that Icinga 1 refuses": {
		lines: []string{
			orderS + "0;fine|a=1", "Error: External command failed -> PROCESS_SERVICE_CHECK_RESULT;h;s;0;fine|a=1",
			"PASSIVE SERVICE CHECK: h;s;0;fine",
		},
		want: []string{`h;s 0 passive "fine"`},
	},
	"an order that is too old": {
		lines: []string{
			orderS + "0;fine|a=1", "[1795424201] " + orderS + "0;fine|a=2",
			"[1795424261] PASSIVE SERVICE CHECK: h;s;0;fine",
		},
		want: []string{`h;s 0 passive "fine" +"a=2"`},
	},
	"a start between": {
		lines: []string{
			orderS + "0;fine|a=1", "Nagios 3.5.1 starting... (PID=1)", "PASSIVE SERVICE CHECK: h;s;0;fine",
			orderS + "0;fine|a=2", "Nagios 4.4.6 starting... (PID=1)", "PASSIVE SERVICE CHECK: h;s;0;fine",
		},
		want: []string{" supervisor started", `h;s 0 passive "fine" +"a=1"`, " supervisor started"},
	},
}

func TestCollectedResults(t *testing.T) {
	for name, test := range collected {
		for _, program := range []string{"Nagios 3.2.0", "Icinga 1.14.2"} {
			t.Run(name+" "+program, func(t *testing.T) {
				lines := logLines(test.lines...)
				b := readAll(program, lines)
				var got []string
				for _, rec := range b.Records {
					got = append(got, brief(rec))
				}
				if diff := cmp.Diff(test.want, got); diff != "" {
					t.Error(diff)
				}
				orders := strings.Count(strings.Join(test.lines, "\n"), "COMMAND: PROCESS_")
				if n := b.Skipped[skipPassiveOrder]; n != orders {
					t.Errorf("%d orders are counted, want %d", n, orders)
				}
				restartEverywhere(t, program, lines)
			})
		}
	}
}

// TestOrderWaitsWhileTheWriterIsUnknown: the writer may be Nagios 3, which processes
// results up to ten seconds after it has logged their orders.
func TestOrderWaitsWhileTheWriterIsUnknown(t *testing.T) {
	const order = "EXTERNAL COMMAND: PROCESS_SERVICE_CHECK_RESULT;h;s;1;warn|a=2"
	const shown = "PASSIVE SERVICE CHECK: h;s;1;warn"
	for _, tt := range []struct {
		name  string
		later int
		lines []string
		want  []string
	}{
		{"5 s", 5, []string{"SERVICE ALERT: x;y;OK;SOFT;2;x", shown}, []string{"x;y", `h;s 1 passive "warn" +"a=2"`}},
		{"the next line", 0, []string{shown}, []string{`h;s 1 passive "warn" +"a=2"`}},
		{"the next line shows the result before", 1, []string{"PASSIVE SERVICE CHECK: h;s;0;fine"},
			[]string{`h;s 1 passive "warn" +"a=2"`}},
		{"later, another result", 5, []string{"PASSIVE SERVICE CHECK: h;s;0;fine"}, nil},
		{"too late", 11, []string{shown}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			lines := linesOf("nagios.log", fmt.Appendf(nil, "[1700000000] %s\n", order))
			for _, text := range tt.lines {
				text := fmt.Appendf(nil, "[%d] %s", 1700000000+tt.later, text)
				lines = append(lines, Line{Text: text, Offset: int64(999 + len(lines))})
			}
			var got []string
			for _, rec := range readAll("", lines).Records {
				if rec.Entity.Host == "x" {
					got = append(got, rec.Entity.String())
				} else {
					got = append(got, brief(rec))
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			restartEverywhere(t, "", lines)
		})
	}
}

// TestOrdersAreCarriedOutAtOnce checks that no order is joined with a later
// result where the supervisor does not collect them.
func TestOrdersAreCarriedOutAtOnce(t *testing.T) {
	for _, program := range []string{"Nagios 4.4.6", "Nagios 4.3.4", "Naemon 1.4.1", "Shinken"} {
		lines := logLines(orderS+"0;fine|a=1", "SERVICE ALERT: x;y;OK;SOFT;2;x", "PASSIVE SERVICE CHECK: h;s;0;fine")
		for _, rec := range readAll(program, lines).Records {
			if rec.Check.Perfdata != "" {
				t.Errorf("%q: %s", program, brief(rec))
			}
		}
	}
}

// TestWaitingOrdersAreBounded sends orders that never have a PASSIVE line, in
// number and in bytes, and one that is longer than all that may wait.
func TestWaitingOrdersAreBounded(t *testing.T) {
	for _, long := range []int{0, 1000, 2 * maxOrderBytes} {
		p := NewParser("Nagios 3.5.1")
		counted := 0
		const orders = maxOrders + 200
		for i := range orders {
			output := fmt.Sprintf("%d|%s", i, strings.Repeat("x", long))
			p.Add(logLines(orderS + "0;" + output)[0])
			waiting, bytes := len(p.orders.list), 0
			if i%50 == 0 {
				for _, l := range p.Held() {
					bytes += len(l.Text)
				}
			}
			if waiting < 1 || waiting > maxOrders || bytes > maxOrderBytes && waiting > 1 {
				t.Fatalf("%d orders of %d bytes wait", waiting, bytes)
			}
			counted += p.Take().Skipped[skipPassiveOrder]
		}
		if counted+len(p.orders.list) != orders {
			t.Errorf("%d orders are counted, and %d wait, of %d", counted, len(p.orders.list), orders)
		}
		p.Add(logLines(fmt.Sprintf("PASSIVE SERVICE CHECK: h;s;0;%d", orders-1))[0])
		p.Settle()
		if b := p.Take(); len(b.Records) != 1 || len(b.Records[0].Check.Perfdata) != long {
			t.Errorf("the newest order is not taken: %d records", len(b.Records))
		}
	}
}

// TestPositionIsSmall stores as many orders as may wait.
func TestPositionIsSmall(t *testing.T) {
	p := NewParser("Nagios 3.5.1")
	for i := range 2 * maxOrders {
		l := logLines(orderH + "0;x")[0]
		l.File, l.Offset = "/var/log/nagios/archives/nagios-11-23-2026-00.log", int64(1<<30+i)
		if i >= maxOrders {
			l.File, l.FileID = "/var/log/nagios/nagios.log", strings.Repeat("f", 64)
		}
		p.Add(l)
	}
	want := position{Held: p.Held(), Program: p.Program()}
	encoded, err := want.encode()
	if err != nil {
		t.Fatal(err)
	}
	if most := maxOrderBytes*4/3 + maxOrders*40; len(encoded) > most {
		t.Errorf("the position has %d bytes, want %d at most", len(encoded), most)
	}
	got, err := decodePosition(encoded)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
	plain, err := json.Marshal(want) // as version 0.1 stores it
	if err != nil {
		t.Fatal(err)
	}
	got, err = decodePosition(plain)
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}

// TestSourceJoinsCollectedResults stops between the orders and their results.
func TestSourceJoinsCollectedResults(t *testing.T) {
	s := newSite(t)
	for _, line := range []string{
		"Nagios 3.5.1 starting... (PID=1)", orderS + "0;fine|a=1", orderS + "1;bad|a=2",
		"PASSIVE SERVICE CHECK: h;s;0;fine",
		"PASSIVE SERVICE CHECK: h;s;1;bad",
		"SERVICE ALERT: h;s;WARNING;SOFT;1;bad",
	} {
		s.write([]byte("[1795424200] " + line + "\n"))
		s.run(1<<30, func(b supervision.Batch) bool { return b.Position != nil })
	}
	s.run(1<<30, atEnd)
	var got []string
	for _, rec := range s.records {
		got = append(got, brief(rec))
	}
	want := []string{" supervisor started", `h;s 0 passive "fine" +"a=1"`, `h;s 1 passive soft "bad" +"a=2"`}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestIsAddressOf(t *testing.T) {
	for pair, want := range map[[2]string]bool{
		{"192.0.2.1", "web"}:          true,
		{"2001:db8::1", "web"}:        true,
		{"Web.example", "web"}:        true,
		{"web", "web.example"}:        true,
		{"web2", "web"}:               false,
		{"web.example", "web.other"}:  false,
		{"db", "web"}:                 false,
		{"192.0.2.1.example", "web"}:  false,
		{"web.example", "web.exampl"}: false,
	} {
		if got := isAddressOf(pair[0], pair[1]); got != want {
			t.Errorf("%q of %q: %v", pair[0], pair[1], got)
		}
	}
}
