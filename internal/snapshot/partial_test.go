package snapshot

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

const noComments, noDowntimes, noObjects = Comments, Downtimes, Objects

// partialTests are readings of which not every table is complete.
var partialTests = []changes{
	{name: "absence from a partial answer is no deletion",
		readings: []shown{
			{at: 2010, objects: []objectRow{flapping(withDepth(service(), 2)), host()},
				comments: []commentRow{userComment(1, 1050, "one")}, downtimes: []downtimeRow{work(InEffect)}},
			{at: 2100, partial: AllTables},
			{at: 2110, objects: []objectRow{host()}, partial: AllTables},
			{
				at: 2120, objects: []objectRow{flapping(withDepth(service(), 2)), host()},
				partial: noComments | noDowntimes,
			},
			{at: 2130},
		},
		want: [][]string{
			{
				presentService, presentHost, "1050 h comment added #1 bob: one", scheduled7, started7,
				"2010 h;s flapping started",
			},
			nil, nil, nil,
			{"2130 h comment deleted #1 :", ended7}}},
	{name: "an object that a partial answer left out is not forgotten",
		readings: []shown{
			{at: 1100, objects: []objectRow{host(), service()}},
			{at: 1110, objects: []objectRow{service()}, partial: noObjects},
			{at: 1120, objects: []objectRow{host(), service()}},
		},
		want: [][]string{{presentHost, presentService}, nil, nil}},
	{name: "all objects that are first seen before a complete reading are present states",
		readings: []shown{
			{at: 1100, objects: []objectRow{host()}, partial: noObjects},
			{at: 1110, objects: []objectRow{host(), service()}},
			{at: 1120, objects: []objectRow{{name: "g"}}, partial: noObjects},
		},
		want: [][]string{{presentHost}, {presentService}, {"1000 g check result 0"}}},
	{name: "an event that is a reading of one row",
		readings: []shown{
			{at: 1100, objects: []objectRow{host(), service()}},
			{
				at: 1110, objects: []objectRow{acknowledged(service(), AcknowledgedSticky)},
				comments: []commentRow{ackComment(1, 1109, "one")}, partial: AllTables,
			},
			{
				at: 1120, objects: []objectRow{host(), acknowledged(service(), AcknowledgedSticky)},
				comments: []commentRow{ackComment(1, 1109, "one")},
			},
			{at: 1130, objects: []objectRow{service()}, partial: AllTables},
		},
		want: [][]string{{presentHost, presentService}, {"1109 h;s acknowledgement #1 bob: one (sticky)"}, nil,
			{"1130 h;s acknowledgement removed #0 :"}}},
	{name: "the text of an acknowledgement comes later",
		readings: []shown{
			{at: 1100, objects: []objectRow{acknowledged(service(), AcknowledgedNormal)}, partial: noComments},
			{at: 1110, comments: []commentRow{ackComment(1, 1099, "one")}, partial: noObjects},
			{at: 1120, comments: []commentRow{ackComment(1, 1099, "one")}, partial: noObjects},
		},
		want: [][]string{
			{presentService, "1100 h;s acknowledgement #0 :"}, {"1099 h;s acknowledgement #1 bob: one"}, nil,
		}},
	{name: "a flexible downtime is measured from the last complete table",
		readings: []shown{
			{at: 1990, downtimes: []downtimeRow{flexible(work(NotInEffect), 10*time.Second, 0)}},
			{at: 2008, partial: noDowntimes},
			{at: 2011},
		},
		want: [][]string{{scheduled7}, nil, {"2010 h;s downtime ended #7 ann: work"}}},
	{name: "a depth is not anonymous before the downtimes are known",
		readings: []shown{
			{at: 2010, objects: []objectRow{withDepth(service(), 1)}, partial: noDowntimes},
			{at: 2020, downtimes: []downtimeRow{work(EffectNotReported)}, partial: noObjects},
			{at: 2030, partial: noObjects},
			{at: 2040, objects: []objectRow{withDepth(service(), 1)}},
			{at: 2050, partial: noObjects},
			{at: 2060, objects: []objectRow{service()}, partial: AllTables},
		},
		want: [][]string{{presentService}, {scheduled7, started7}, {"2030 h;s downtime cancelled #7 ann: work"},
			{"2040 h;s downtime started #0 :"}, nil, {"2060 h;s downtime ended #0 :"}}},
	{name: "a reading that is given up leaves what was reported",
		readings: []shown{
			{
				at: 1100, objects: []objectRow{flapping(service()), host()},
				comments: []commentRow{userComment(1, 1050, "one")},
			},
			{at: 1110, objects: []objectRow{{name: "h;s", output: "new"}, flapping(host())}, abandoned: true,
				comments: []commentRow{userComment(2, 1105, "two")}, downtimes: []downtimeRow{work(InEffect)}},
			{at: 1120, partial: AllTables},
			{
				at: 1130, objects: []objectRow{{name: "h;s", output: "new"}, host()},
				comments: []commentRow{userComment(1, 1050, "one")},
			},
		},
		want: [][]string{
			{presentService, presentHost, "1050 h comment added #1 bob: one", "1100 h;s flapping started"},
			{"1000 h;s check result 0 new"}, nil, {"1130 h;s flapping stopped"}}},
	{name: "an anonymous downtime outlives a restart and a partial reading",
		readings: []shown{
			{at: 1100, objects: []objectRow{withDepth(service(), 1)}},
			{at: 1110, partial: AllTables},
			{at: 1120, objects: []objectRow{service()}},
		},
		want: [][]string{{presentService, "1100 h;s downtime started #0 :"}, nil, {"1120 h;s downtime ended #0 :"}}},
}

func TestPartialReadings(t *testing.T) {
	for _, test := range partialTests {
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

// What a reading that was given up has noted is not stored: it was never
// reported.
func TestPositionHoldsFinishedReadingsOnly(t *testing.T) {
	first := shown{
		at: 1100, objects: []objectRow{flapping(service())}, comments: []commentRow{userComment(1, 1050, "one")},
	}
	m := New()
	read(m, first)
	before, err := m.Position()
	if err != nil {
		t.Fatal(err)
	}
	read(m, shown{at: 1110, objects: []objectRow{service(), flapping(host())}, abandoned: true,
		comments: []commentRow{userComment(2, 1105, "two")}, downtimes: []downtimeRow{work(InEffect)}})
	after, err := m.Position()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(before), string(after)); diff != "" {
		t.Error(diff)
	}
}

// The first reading after a restart should be complete; if it isn't, a depth
// that was reported as a downtime is not taken back.
func TestAnAnonymousDowntimeOutlivesARestartAndAPartialReading(t *testing.T) {
	m := New()
	read(m, shown{at: 1100, objects: []objectRow{withDepth(service(), 1)}})
	m = restart(t, m)
	if records := read(m, shown{at: 1110, partial: AllTables}); len(records) > 0 {
		t.Errorf("partial: %q", describeAll(records))
	}
	m = restart(t, m)
	got := describeAll(read(m, shown{at: 1120, objects: []objectRow{{name: "h;s", unchecked: true}}}))
	if diff := cmp.Diff([]string{"1120 h;s downtime ended #0 :"}, got); diff != "" {
		t.Error(diff)
	}
}

// An API can have times to the nanosecond; the position has microseconds.
func TestEntryTimesFinerThanThePosition(t *testing.T) {
	entry := time.Unix(1099, 123456789)
	m := New()
	for i := range 3 {
		r := m.Begin(time.Unix(1100, 0), "test")
		o := r.Object(nameOf("h;s"))
		o.Conditions(Conditions{Acknowledged: AcknowledgedNormal})
		if key := (Key{ID: 1, Entry: entry}); !r.Comment(nameOf("h;s"), key) {
			r.AddComment(nameOf("h;s"), entry, supervision.Note{ID: 1}, true)
		}
		if records := r.Finish(AllTables); i > 0 && len(records) > 0 {
			t.Errorf("after %d restarts: %q", i, describeAll(records))
		}
		m = restart(t, m)
	}
}

// TestKeptResult: an object whose keys alone were read is not gone, and its result stays
// the known one.
func TestKeptResult(t *testing.T) {
	m := New()
	row := objectRow{name: "h;s", output: "fine"}
	read(m, shown{at: 1000, objects: []objectRow{row}})
	r := m.Begin(unix(1010), "test:1010")
	o := r.Object(nameOf("h;s"))
	o.KeepResult()
	unknown := r.Object(nameOf("h;other"))
	unknown.KeepResult()
	if got := r.Finish(AllTables); len(got) > 0 {
		t.Errorf("reported %q", describeAll(got))
	}
	if got := read(m, shown{at: 1020, objects: []objectRow{row}}); len(got) > 0 {
		t.Errorf("reported again: %q", describeAll(got))
	}
}
