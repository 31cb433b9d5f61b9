package snapshot

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func host() objectRow    { return objectRow{name: "h"} }
func service() objectRow { return objectRow{name: "h;s"} }

func acknowledged(o objectRow, as Acknowledgement) objectRow { o.Acknowledged = as; return o }
func flapping(o objectRow) objectRow                         { o.Flapping = true; return o }
func withDepth(o objectRow, depth int) objectRow             { o.DowntimeDepth = depth; return o }

func ackComment(id int64, entry float64, text string) commentRow {
	return commentRow{of: "h;s", id: id, entry: entry, ofAck: true, text: text}
}

func userComment(id int64, entry float64, text string) commentRow {
	return commentRow{of: "h", id: id, entry: entry, text: text}
}

type changes struct {
	name     string
	readings []shown
	want     [][]string
}

const presentHost, presentService = "1000 h present state 0", "1000 h;s present state 0"

// objectTests are readings one after the other, and the records of each. Every
// one has to come out the same with a restart after each reading, except for
// PresentState.
var objectTests = []changes{
	{name: "nothing changes",
		readings: []shown{
			{at: 1100, objects: []objectRow{host(), service()}}, {at: 1110, objects: []objectRow{host(), service()}},
		},
		want: [][]string{{presentHost, presentService}, nil}},
	{name: "never checked, then checked",
		readings: []shown{
			{at: 1100, objects: []objectRow{{name: "h;s", unchecked: true}}},
			{at: 1110, objects: []objectRow{{name: "h;s", checked: 1105}}},
		},
		want: [][]string{nil, {"1105 h;s check result 0"}}},
	{name: "a result within the second of the one before, and without a check",
		readings: []shown{
			{at: 1100, objects: []objectRow{host(), service()}},
			{at: 1110, objects: []objectRow{{name: "h", state: 2}, {name: "h;s", checked: 1000.6}}},
		},
		want: [][]string{{presentHost, presentService}, {"1000 h check result 2", "1000 h;s check result 0"}}},
	{name: "not after the reading",
		readings: []shown{{at: 1100, objects: []objectRow{{name: "h;s", checked: 1107}}}},
		want:     [][]string{{"1100 h;s present state 0"}}},
	{name: "removed from the configuration, and back",
		readings: []shown{
			{at: 1100, objects: []objectRow{flapping(service())}},
			{at: 1110, objects: []objectRow{host()}},
			{at: 1120, objects: []objectRow{host(), flapping(service())}},
		},
		want: [][]string{
			{presentService, "1100 h;s flapping started"},
			{"1000 h check result 0"},
			{"1000 h;s check result 0", "1120 h;s flapping started"}}},
	{name: "conditions that can't be read stay as they were",
		readings: []shown{
			{at: 1100, objects: []objectRow{flapping(service()), host()}},
			{at: 1110, objects: []objectRow{{name: "h;s", unreadable: true}, {name: "h", unreadable: true}}},
			{at: 1120, objects: []objectRow{flapping(service()), host()}},
		},
		want: [][]string{{presentService, presentHost, "1100 h;s flapping started"}, nil, nil}},
	{name: "blanks at the end of a text that a reload strips",
		readings: []shown{
			{at: 1100, objects: []objectRow{{name: "h", output: "69%; \t"}}},
			{at: 1110, objects: []objectRow{{name: "h", output: "69%;"}}},
			{at: 1120, objects: []objectRow{{name: "h", output: " 69%;"}}},
		},
		want: [][]string{{"1000 h present state 0 69%; \t"}, nil, {"1000 h check result 0  69%;"}}},
	{name: "acknowledged and removed",
		readings: []shown{
			{
				at: 1100, objects: []objectRow{acknowledged(service(), AcknowledgedSticky)},
				comments: []commentRow{ackComment(1, 900, "old"), ackComment(2, 1050, "a=b;c")},
			},
			{
				at: 1110, objects: []objectRow{acknowledged(service(), AcknowledgedSticky)},
				comments: []commentRow{ackComment(1, 900, "old"), ackComment(2, 1050, "a=b;c")},
			},
			{at: 1120, objects: []objectRow{service()}, comments: []commentRow{ackComment(1, 900, "old")}},
			{at: 1130, objects: []objectRow{service()}, comments: []commentRow{ackComment(1, 900, "old")}},
		},
		want: [][]string{
			{presentService, "1050 h;s acknowledgement #2 bob: a=b;c (sticky)"},
			nil, {"1120 h;s acknowledgement removed #0 :"}, nil}},
	{name: "acknowledged again, with another type, with no comment",
		readings: []shown{
			{
				at: 1100, objects: []objectRow{acknowledged(service(), AcknowledgedNormal)},
				comments: []commentRow{ackComment(2, 1050, "one")},
			},
			{
				at: 1110, objects: []objectRow{acknowledged(service(), AcknowledgedNormal)},
				comments: []commentRow{ackComment(2, 1050, "one"), ackComment(3, 1105, "two")},
			},
			{
				at: 1120, objects: []objectRow{acknowledged(service(), AcknowledgedSticky)},
				comments: []commentRow{ackComment(3, 1105, "two")},
			},
			{at: 1130, objects: []objectRow{acknowledged(service(), AcknowledgedSticky)}},
		},
		want: [][]string{
			{presentService, "1050 h;s acknowledgement #2 bob: one"},
			{"1105 h;s acknowledgement #3 bob: two"},
			{"1120 h;s acknowledgement #0 :  (sticky)"}, nil}},
	{name: "the comment is shown before the acknowledgement",
		readings: []shown{
			{at: 1100, objects: []objectRow{flapping(service())}, comments: []commentRow{ackComment(2, 1099, "one")}},
			{
				at: 1110, objects: []objectRow{acknowledged(flapping(service()), AcknowledgedNormal)},
				comments: []commentRow{ackComment(2, 1099, "one")},
			},
		},
		want: [][]string{{presentService, "1100 h;s flapping started"}, {"1099 h;s acknowledgement #2 bob: one"}}},
	{name: "flapping stops, and is switched off",
		readings: []shown{
			{at: 1100, objects: []objectRow{flapping(host()), flapping(service())}},
			{at: 1110, objects: []objectRow{host(), {name: "h;s", Conditions: Conditions{FlappingOff: true}}}},
		},
		want: [][]string{
			{presentHost, presentService, "1100 h flapping started", "1100 h;s flapping started"},
			{"1110 h flapping stopped", "1110 h;s flapping stopped (disabled)"}}},
	{name: "a comment that is numbered anew",
		readings: []shown{
			{at: 1100, comments: []commentRow{userComment(1, 1050, "one"), userComment(2, 1060, "two")}},
			{at: 1110, comments: []commentRow{userComment(9, 1050, "one"), userComment(2, 1060, "two")}},
			{at: 1120, comments: []commentRow{userComment(9, 1050, "one")}},
		},
		want: [][]string{
			{"1050 h comment added #1 bob: one", "1060 h comment added #2 bob: two"},
			nil,
			{"1120 h comment deleted #2 :"},
		}},
	{name: "user comments come and go",
		readings: []shown{
			{at: 1100, comments: []commentRow{userComment(1, 1050, "one")}},
			{at: 1110, comments: []commentRow{userComment(1, 1050, "one"), userComment(2, 1105, "two")}},
			{at: 1120, comments: []commentRow{userComment(1, 1115, "the ids begin again")}},
		},
		want: [][]string{
			{"1050 h comment added #1 bob: one"},
			{"1105 h comment added #2 bob: two"},
			{
				"1120 h comment deleted #1 :", "1120 h comment deleted #2 :",
				"1115 h comment added #1 bob: the ids begin again",
			}}},
}

func TestTransitions(t *testing.T) {
	for _, test := range append(append([]changes{}, objectTests...), downtimeTests...) {
		t.Run(test.name, func(t *testing.T) {
			m := New()
			for i, s := range test.readings {
				if diff := cmp.Diff(test.want[i], describeAll(read(m, s))); diff != "" {
					t.Errorf("reading %d: %s", i+1, diff)
				}
			}
		})
	}
}

// A restart after each reading repeats the states, and nothing else.
func TestTransitionsAcrossRestarts(t *testing.T) {
	for _, test := range append(append([]changes{}, objectTests...), downtimeTests...) {
		t.Run(test.name, func(t *testing.T) {
			through, m := New(), New()
			for i, s := range test.readings {
				want := transitionsOf(read(through, s))
				m = restart(t, m)
				if diff := cmp.Diff(want, transitionsOf(read(m, s)), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("reading %d: %s", i+1, diff)
				}
				m = restart(t, m)
				if repeated := transitionsOf(read(m, s)); len(repeated) > 0 {
					t.Errorf("reading %d again: %q", i+1, describeAll(repeated))
				}
			}
		})
	}
}
