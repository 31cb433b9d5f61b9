package statusdat

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func ackComment(id, entry int, text string) string {
	return block("servicecomment", "host_name=h", "service_description=s", "entry_type=4",
		fmt.Sprintf("comment_id=%d", id), "persistent=1", fmt.Sprintf("entry_time=%d", entry), "expires=0",
		"expire_time=0", "author=bob", "comment_data="+text)
}

func userComment(id, entry int, text string) string {
	return block("hostcomment", "host_name=h", "entry_type=1", fmt.Sprintf("comment_id=%d", id),
		"persistent=0", fmt.Sprintf("entry_time=%d", entry), "expires=0", "expire_time=0", "author=bob",
		"comment_data="+text)
}

// downtimeBlock is one of h;s from 2000 to 2060, entered at 1500.
func downtimeBlock(lines ...string) string {
	return block("servicedowntime",
		append([]string{"host_name=h", "service_description=s", "downtime_id=7", "comment_id=1",
			"entry_time=1500", "start_time=2000", "flex_downtime_start=0", "end_time=2060", "triggered_by=0", "fixed=1",
			"duration=60", "is_in_effect=0", "author=ann", "comment=work"}, lines...)...)
}

// transitionTests are files one after the other, and the records of each: they
// show that each field is read. What follows from the fields is tested in
// internal/snapshot. Every one has to come out the same if the connector is
// started again after each file, except for PresentState.
var transitionTests = []struct {
	name  string
	files []string
	want  [][]string
}{
	{name: "never checked, then checked",
		files: []string{
			statusFile(1100, service("has_been_checked=0", "last_check=0", "plugin_output=(null)")),
			statusFile(1110, service("last_check=1105")),
		},
		want: [][]string{nil, {"1105 h;s check result 0/1 1/3 OK"}}},
	{name: "a result within the second of the one before, and without a check",
		files: []string{
			statusFile(1100, host(), service()),
			statusFile(1110, host("current_state=2"), service("check_execution_time=0.600")),
		},
		want: [][]string{
			{"1000 h present state 0/1 1/3 OK", "1000 h;s present state 0/1 1/3 OK"},
			{"1000 h check result 2/1 1/3 OK", "1000 h;s check result 0/1 1/3 OK"}}},
	{name: "not after the file was created",
		files: []string{statusFile(1100, service("last_check=1099", "check_execution_time=8"))},
		want:  [][]string{{"1100 h;s present state 0/1 1/3 OK"}}},
	{name: "acknowledged and removed",
		files: []string{
			statusFile(1100, service("problem_has_been_acknowledged=1", "acknowledgement_type=2"),
				ackComment(1, 900, "old"), ackComment(2, 1050, "a=b;c")),
			statusFile(1110, service("problem_has_been_acknowledged=1", "acknowledgement_type=2"),
				ackComment(1, 900, "old"), ackComment(2, 1050, "a=b;c")),
			statusFile(1120, service(), ackComment(1, 900, "old")),
			statusFile(1130, service(), ackComment(1, 900, "old")),
		},
		want: [][]string{
			{"1000 h;s present state 0/1 1/3 OK", "1050 h;s acknowledgement #2 bob: a=b;c (sticky) (persistent)"},
			nil, {"1120 h;s acknowledgement removed #0 : "}, nil}},
	{name: "acknowledged again, with another type, with no comment",
		files: []string{
			statusFile(1100, service("problem_has_been_acknowledged=1", "acknowledgement_type=1"),
				ackComment(2, 1050, "one")),
			statusFile(1110, service("problem_has_been_acknowledged=1", "acknowledgement_type=1"),
				ackComment(2, 1050, "one"), ackComment(3, 1105, "two")),
			statusFile(1120, service("problem_has_been_acknowledged=1", "acknowledgement_type=2"),
				ackComment(3, 1105, "two")),
			statusFile(1130, service("problem_has_been_acknowledged=1", "acknowledgement_type=2")),
		},
		want: [][]string{
			{"1000 h;s present state 0/1 1/3 OK", "1050 h;s acknowledgement #2 bob: one (persistent)"},
			{"1105 h;s acknowledgement #3 bob: two (persistent)"},
			{"1120 h;s acknowledgement #0 :  (sticky)"}, nil}},
	{name: "flapping stops, and is switched off",
		files: []string{
			statusFile(1100, host("is_flapping=1"), service("is_flapping=1")),
			statusFile(1110, host("is_flapping=0"), service("is_flapping=0", "flap_detection_enabled=0")),
		},
		want: [][]string{
			{
				"1000 h present state 0/1 1/3 OK", "1000 h;s present state 0/1 1/3 OK", "1100 h flapping started",
				"1100 h;s flapping started",
			},
			{"1110 h flapping stopped", "1110 h;s flapping stopped (disabled)"}}},
	{name: "user comments come and go, those of Nagios are not reported",
		files: []string{
			statusFile(1100, userComment(1, 1050, "one"),
				block("hostcomment", "host_name=h", "entry_type=2", "comment_id=9", "entry_time=1050",
					"comment_data=x")),
			statusFile(1110, userComment(1, 1050, "one"), userComment(2, 1105, "two")),
			statusFile(1120, userComment(1, 1115, "the ids begin again")),
		},
		want: [][]string{
			{"1050 h comment added #1 bob: one"},
			{"1105 h comment added #2 bob: two"},
			{
				"1120 h comment deleted #1 : ", "1120 h comment deleted #2 : ",
				"1115 h comment added #1 bob: the ids begin again",
			}}},
	{name: "a downtime from beginning to end",
		files: []string{
			statusFile(1600, downtimeBlock()),
			statusFile(2001, downtimeBlock("is_in_effect=1")),
			statusFile(2030, downtimeBlock("is_in_effect=0")), // a restart of Nagios
			statusFile(2040, downtimeBlock("is_in_effect=1")),
			statusFile(2061),
			statusFile(2070),
		},
		want: [][]string{{"1500 h;s downtime scheduled #7 ann: work"}, {"2000 h;s downtime started #7 ann: work"},
			nil, nil, {"2060 h;s downtime ended #7 ann: work"}, nil}},
	{name: "a flexible downtime lasts from its trigger",
		files: []string{
			statusFile(2055, downtimeBlock("fixed=0", "duration=600", "is_in_effect=1", "flex_downtime_start=2050")),
			statusFile(2100, downtimeBlock("fixed=0", "duration=600", "is_in_effect=1", "flex_downtime_start=2050")),
			statusFile(2651),
		},
		want: [][]string{{"1500 h;s downtime scheduled #7 ann: work", "2050 h;s downtime started #7 ann: work"},
			nil, {"2650 h;s downtime ended #7 ann: work"}}},
	{name: "a flexible downtime is cancelled behind the end of its window",
		files: []string{
			statusFile(2055, downtimeBlock("fixed=0", "duration=600", "is_in_effect=1", "trigger_time=2050")),
			statusFile(2100),
		},
		want: [][]string{{"1500 h;s downtime scheduled #7 ann: work", "2050 h;s downtime started #7 ann: work"},
			{"2100 h;s downtime cancelled #7 ann: work"}}},
	{name: "a file that doesn't report what is in effect",
		files: []string{
			statusFile(1600, service(), downtimeBlock("is_in_effect=")),
			statusFile(2005, service("scheduled_downtime_depth=1"), downtimeBlock("is_in_effect=")),
			statusFile(2030, service("scheduled_downtime_depth=1"), downtimeBlock("is_in_effect=")),
			statusFile(2061, service()),
		},
		want: [][]string{
			{"1000 h;s present state 0/1 1/3 OK", "1500 h;s downtime scheduled #7 ann: work"},
			{"2000 h;s downtime started #7 ann: work"}, nil, {"2060 h;s downtime ended #7 ann: work"}}},
	{name: "a depth that no downtime explains",
		files: []string{
			statusFile(1100, service("scheduled_downtime_depth=1")),
			statusFile(1110, service("scheduled_downtime_depth=1")),
			statusFile(1120, service()),
		},
		want: [][]string{
			{"1000 h;s present state 0/1 1/3 OK", "1100 h;s downtime started #0 : "}, nil,
			{"1120 h;s downtime ended #0 : "},
		}},
}

func TestTransitions(t *testing.T) {
	for _, test := range transitionTests {
		t.Run(test.name, func(t *testing.T) {
			b := newBench(t)
			for i, text := range test.files {
				if diff := cmp.Diff(test.want[i], describeAll(b.read(text))); diff != "" {
					t.Errorf("file %d: %s", i+1, diff)
				}
			}
		})
	}
}

// A restart after each file repeats the states, and nothing else.
func TestTransitionsAcrossRestarts(t *testing.T) {
	for _, test := range transitionTests {
		t.Run(test.name, func(t *testing.T) {
			through, b := newBench(t), newBench(t)
			for i, text := range test.files {
				want := transitionsOf(through.read(text))
				b.restart()
				if diff := cmp.Diff(want, transitionsOf(b.read(text)), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("file %d: %s", i+1, diff)
				}
				b.restart()
				again, err := b.look()
				if err != nil {
					t.Fatal(err)
				}
				if repeated := transitionsOf(again); len(repeated) > 0 {
					t.Errorf("file %d, read again: %q", i+1, describeAll(repeated))
				}
			}
		})
	}
}

func transitionsOf(records []supervision.Record) []supervision.Record {
	return slices.DeleteFunc(slices.Clone(records), func(r supervision.Record) bool { return r.Check != nil })
}
