package logfile

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/follow"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const (
	ackS    = "EXTERNAL COMMAND: ACKNOWLEDGE_SVC_PROBLEM;h;s;2;1;1;Jean d'Arc;"
	failedS = "Error: External command failed -> ACKNOWLEDGE_SVC_PROBLEM;h;s;2;1;1;Jean d'Arc;"
)

// refusals are parts of logs with orders that were refused, and what becomes of
// them.
var refusals = map[string]struct {
	program string
	lines   []string
	want    []string
	skipped map[string]int
}{
	"Nagios 4.4, an empty comment": {
		lines: []string{
			ackS, failedS,
			"External command [1795424200] ACKNOWLEDGE_SVC_PROBLEM;h;s;2;1;1;Jean d'Arc; returned error Command failed",
		},
		skipped: map[string]int{skipRefused: 1, skipInformational: 2},
	},
	"Nagios 4.0, an unknown host": {
		lines: []string{
			"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;no;1795424300;1795424400;1;0;100;bob;x",
			"Error: External command failed -> SCHEDULE_HOST_DOWNTIME;no;1795424300;1795424400;1;0;100;bob;x",
			"External command error: Command failed",
		},
		skipped: map[string]int{skipRefused: 1, skipInformational: 2},
	},
	"Naemon": {
		lines: []string{
			"EXTERNAL COMMAND: DEL_HOST_COMMENT;17", "Error: External command failed -> DEL_HOST_COMMENT;17",
			"EXTERNAL COMMAND: DEL_SVC_DOWNTIME;5", "Error: External command failed -> DEL_SVC_DOWNTIME;5",
		},
		skipped: map[string]int{skipRefused: 2, skipInformational: 2},
	},
	"Naemon up to 1.0.3": {
		lines: []string{
			"EXTERNAL COMMAND: DEL_HOST_COMMENT;17",
			"Error: External command failed -> DEL_HOST_COMMENT;17 (Command failed)",
		},
		skipped: map[string]int{skipRefused: 1, skipInformational: 1},
	},
	"Icinga 1 names what it did not find": {
		lines: []string{
			"EXTERNAL COMMAND: ADD_SVC_COMMENT;h;no;1;bob;x",
			"Error: Could not find host 'h' and service 'no' provided in external command!",
			"Error: External command failed -> ADD_SVC_COMMENT;h;no;1;bob;x", "External command error: Command failed",
		},
		skipped: map[string]int{skipRefused: 1, skipInformational: 3},
	},
	"Icinga 1 hides the author": {
		lines: []string{
			"EXTERNAL COMMAND: ADD_HOST_COMMENT;no;1;<anon>;a;b",
			"Error: External command failed -> ADD_HOST_COMMENT;no;1;bob;a;b",
			"EXTERNAL COMMAND: ADD_HOST_COMMENT;no;1;<anon>",
			"Error: External command failed -> ADD_HOST_COMMENT;no;1;bob;",
		},
		skipped: map[string]int{skipRefused: 2, skipInformational: 2},
	},
	"an order of another author": {
		lines: []string{
			"EXTERNAL COMMAND: ADD_HOST_COMMENT;h;1;<anon>;a",
			"Error: External command failed -> ADD_HOST_COMMENT;h;1;bob;b",
		},
		want: []string{"h comment added"}, skipped: map[string]int{skipInformational: 1},
	},
	"Icinga 1 names something, and refuses nothing": {
		lines: []string{
			"EXTERNAL COMMAND: ADD_HOST_COMMENT;h;1;bob;x",
			"Error: Could not find host 'no' provided in external command!",
			"HOST ALERT: h;DOWN;SOFT;1;x",
		},
		want: []string{"h comment added", `h 1 soft "x"`}, skipped: map[string]int{skipInformational: 1},
	},
	"a number that is none": {
		lines: []string{
			"EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;h;s;not-a-number",
			"Error: External command failed -> SCHEDULE_SVC_DOWNTIME;h;s;not-a-number",
		},
		skipped: map[string]int{skipRefused: 1, skipInformational: 1},
	},
	"a burst with one that is refused": {
		lines: []string{
			"EXTERNAL COMMAND: ACKNOWLEDGE_HOST_PROBLEM;a;2;1;1;bob;x",
			"EXTERNAL COMMAND: ACKNOWLEDGE_HOST_PROBLEM;no;2;1;1;bob;x",
			"Error: External command failed -> ACKNOWLEDGE_HOST_PROBLEM;no;2;1;1;bob;x",
			"EXTERNAL COMMAND: ACKNOWLEDGE_HOST_PROBLEM;b;2;1;1;bob;x",
		},
		want:    []string{"a acknowledgement", "b acknowledgement"},
		skipped: map[string]int{skipRefused: 1, skipInformational: 1},
	},
	"a refusal of an order that is not in the log": {
		lines: []string{ackS + "x", failedS},
		want:  []string{"h;s acknowledgement"}, skipped: map[string]int{skipInformational: 1},
	},
	"a refusal behind another line": {
		lines: []string{ackS, "SERVICE ALERT: h;s;OK;HARD;1;x", failedS},
		want:  []string{"h;s acknowledgement", `h;s 0 hard "x"`}, skipped: map[string]int{skipInformational: 1},
	},
	"Naemon's module blocks an order, and another node has it": {
		lines: []string{
			ackS + "x",
			"Info: External command blocked by broker module -> ACKNOWLEDGE_SVC_PROBLEM;h;s;2;1;1;Jean d'Arc;x",
		},
		want: []string{"h;s acknowledgement"}, skipped: map[string]int{skipInformational: 1},
	},
	"Nagios deletes, and calls it failed": {
		lines: []string{
			"EXTERNAL COMMAND: DEL_DOWNTIME_BY_HOSTGROUP_NAME;g",
			"Error: External command failed -> DEL_DOWNTIME_BY_HOSTGROUP_NAME;g",
		},
		want: []string{" downtime cancelled", " downtime cancelled"}, skipped: map[string]int{skipInformational: 1},
	},
	"Shinken 1.4 warns behind the order": {
		lines: []string{
			"Info :    EXTERNAL COMMAND: [1795424199] ACKNOWLEDGE_SVC_PROBLEM;no;s;2;1;1;bob;x",
			"Warning : Passive check result was received for host 'no', but the host could not be found!",
			"Info :    EXTERNAL COMMAND: [1795424199] ACKNOWLEDGE_SVC_PROBLEM;h;no;2;1;1;bob;x",
			"Warning : A command was received for service 'no' on host 'h', but the service could not be found!",
		},
		skipped: map[string]int{skipRefused: 2, skipInformational: 2},
	},
	"Shinken 2.4 warns in front of the order": {
		program: "Shinken",
		lines: []string{
			"WARNING: [Shinken] Passive check result was received for host 'no', but the host could not be found!",
			"EXTERNAL COMMAND: [1795424199] ACKNOWLEDGE_HOST_PROBLEM;no;2;1;1;bob;x",
			"WARNING: [Shinken] A command was received for service 'no' on host 'h', " +
				"but the service could not be found!",
			"EXTERNAL COMMAND: [1795424199] ADD_SVC_COMMENT;h;no;1;bob;x",
		},
		skipped: map[string]int{skipRefused: 2, skipInformational: 2},
	},
	"Shinken warns of something else": {
		program: "Shinken",
		lines: []string{
			"WARNING: [Shinken] A command was received for service 'no' on host 'h', " +
				"but the service could not be found!",
			"EXTERNAL COMMAND: [1795424199] ADD_SVC_COMMENT;h;s;1;bob;x",
			"WARNING: [Shinken] Passive check result was received for host 'no', but the host could not be found!",
			"EXTERNAL COMMAND: [1795424199] DEL_HOST_COMMENT;1",
			"EXTERNAL COMMAND: [1795424199] ACKNOWLEDGE_HOST_PROBLEM;h;2;1;1;bob;x",
		},
		want:    []string{"h;s comment added", " comment deleted", "h acknowledgement"},
		skipped: map[string]int{skipInformational: 2},
	},
	"a downtime that ends before it begins": {
		lines: []string{
			"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;h;1795424400;1795424300;1;0;120;bob;x;",
			"EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;h;1795424400;1795424400;1;0;120;bob;x",
		},
		skipped: map[string]int{skipRefused: 2},
	},
	"a downtime that is over": {
		lines: []string{
			"EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;h;s;1795424100;1795424200;1;0;100;bob;x",
			"Error: External command failed -> SCHEDULE_SVC_DOWNTIME;h;s;1795424100;1795424200;1;0;100;bob;x",
			"EXTERNAL COMMAND: SCHEDULE_SVC_DOWNTIME;h;s;1795424100;1795424201;1;0;101;bob;x",
		},
		want: []string{"h;s downtime scheduled"}, skipped: map[string]int{skipRefused: 1, skipInformational: 1},
	},
}

func TestRefusedOrders(t *testing.T) {
	for name, test := range refusals {
		t.Run(name, func(t *testing.T) {
			lines := logLines(test.lines...)
			b := readAll(test.program, lines)
			var got []string
			for _, rec := range b.Records {
				got = append(got, brief(rec))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(test.skipped, b.Skipped, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("skipped:\n%s", diff)
			}
			if len(b.Rejected) > 0 {
				t.Errorf("rejected: %+v", b.Rejected)
			}
			restartEverywhere(t, test.program, lines)
		})
	}
}

// TestOrdersWaitForOneLine checks that an order is in its place, and that nothing
// behind it waits for it.
func TestOrdersWaitForOneLine(t *testing.T) {
	p := NewParser("Nagios 4.4.6")
	for i, step := range []struct {
		line    string
		taken   []string
		waiting bool
	}{
		{line: ackS + "x", waiting: true},
		{line: "EXTERNAL COMMAND: DEL_ALL_HOST_COMMENTS;h", taken: []string{"h;s acknowledgement"}, waiting: true},
		{line: "HOST ALERT: h;DOWN;SOFT;1;x", taken: []string{"h comment deleted", `h 1 soft "x"`}},
		{line: ackS, waiting: true},
		{line: failedS},
	} {
		line := logLines(step.line)[0]
		line.Offset = int64(i)
		p.Add(line)
		var got []string
		for _, rec := range p.Take().Records {
			got = append(got, brief(rec))
		}
		if diff := cmp.Diff(step.taken, got); diff != "" {
			t.Errorf("step %d:\n%s", i+1, diff)
		}
		if waiting := p.Waiting() != ""; waiting != step.waiting {
			t.Errorf("step %d: waiting is %v", i+1, waiting)
		}
	}
}

// TestSourceHoldsAnOrder stops between an order and its refusal, and lets another
// order be the last line.
func TestSourceHoldsAnOrder(t *testing.T) {
	s := newSite(t)
	for _, line := range []string{ackS, failedS} {
		s.write([]byte("[1795424200] " + line + "\n"))
		s.run(1<<30, func(b supervision.Batch) bool { return b.Position != nil })
	}
	if len(s.records) != 0 {
		t.Fatalf("a refused order becomes %+v", s.records)
	}
	s.write([]byte("[1795424200] " + ackS + "x\n"))
	s.run(1<<30, func(b supervision.Batch) bool {
		if atEnd(b) && len(s.records) == 0 {
			t.Error("the end is reported while an order is held back")
		}
		return atEnd(b)
	})
	if len(s.records) != 1 || brief(s.records[0]) != "h;s acknowledgement" {
		t.Fatalf("records: %+v", s.records)
	}
}

// TestOrdersDelayNoOtherReader has an order held back at each sight of the end.
func TestOrdersDelayNoOtherReader(t *testing.T) {
	r := &run{parser: NewParser("Nagios 4.4.6")}
	begin := time.Now()
	for i := range 5 {
		text := fmt.Appendf(nil, "[1795424200] EXTERNAL COMMAND: DEL_ALL_HOST_COMMENTS;h%d", i)
		r.parser.Add(Line{Text: text, Offset: int64(i)})
		r.endSeen(follow.Chunk{Lines: make([]follow.Line, 1)})
		at := begin.Add(time.Duration(i) * time.Second)
		want := at.Add(-time.Second)
		if i == 0 {
			want = time.Time{}
		}
		if got := r.endSeen(follow.Chunk{EndSeen: at}); !got.Equal(want) {
			t.Errorf("order %d: reported until %s, want %s", i+1, got.Sub(begin), want.Sub(begin))
		}
	}
}

func TestMissingObject(t *testing.T) {
	const host, service = "Passive check result was received for host '", "A command was received for service '"
	const noHost, noService = "', but the host could not be found!", "', but the service could not be found!"
	for line, want := range map[string]*supervision.Entity{
		"[Shinken] " + host + "été" + noHost:          {Host: "été"},
		service + "a' b" + "' on host 'h" + noService: {Host: "h", Service: "a' b"},
		host + "h":                         nil,
		service + "a" + noService:          nil,
		service + service + "' on host 'h": nil,
	} {
		if diff := cmp.Diff(want, missingObject([]byte(line))); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
}
