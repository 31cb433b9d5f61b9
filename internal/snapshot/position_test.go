package snapshot

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// storedPosition was written by version 0.1 for a status file of 2010.
const storedPosition = `{"v":1,"created":2010000000,` +
	`"conditions":[{"h":"h","s":"fé","flapping":true},{"h":"h","s":"s","ack":2,"ackId":2,"ackEntry":1050000000}],` +
	`"comments":[{"h":"h","id":3,"entry":1060000000}],` +
	`"downtimes":[{"h":"h","id":0,"entry":0,"start":0,"end":0,"phase":2},` +
	`{"h":"h","s":"s","id":7,"author":"ann","comment":"work","entry":1500000000,"start":2000000000,` +
	`"end":2060000000,"fixed":true,"duration":60000000000,"phase":2},` +
	`{"h":"h","s":"s","id":8,"author":"ann","comment":"work","entry":1500000000,"start":2000000000,` +
	`"end":2100000000,"trigger":2005250000,"duration":600000000000,"by":7,"phase":2},` +
	`{"h":"h","s":"s","id":9,"author":"ann","comment":"work","entry":1500000000,"start":3000000000,` +
	`"end":3060000000,"fixed":true,"duration":60000000000,"phase":1}]}`

func TestAStoredPositionIsReadOn(t *testing.T) {
	m, err := Restore([]byte(storedPosition))
	if err != nil {
		t.Fatal(err)
	}
	if !m.LastReading().Equal(time.Unix(2010, 0)) {
		t.Errorf("last reading at %s", m.LastReading())
	}
	again, err := m.Position()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(storedPosition, string(again)); diff != "" {
		t.Error(diff)
	}
	nine := work(NotInEffect)
	nine.id, nine.start, nine.end = 9, 3000, 3060
	got := describeAll(read(m,
		shown{at: 2070, objects: []objectRow{host(), service(), {name: "h;f\xe9"}}, downtimes: []downtimeRow{nine}}))
	want := []string{"1000 h present state 0", "1000 h;s present state 0", "1000 h;f\xe9 present state 0",
		"2070 h downtime ended #0 :", "2070 h comment deleted #3 :", "2070 h;f\xe9 flapping stopped",
		"2070 h;s downtime cancelled #8 ann: work", "2060 h;s downtime ended #7 ann: work",
		"2070 h;s acknowledgement removed #0 :"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAPositionThatCannotBeUsed(t *testing.T) {
	for _, position := range []string{"{", "null", `{"v":2}`, `{"v":1,"conditions":[{"h":"€"}]}`} {
		if _, err := Restore([]byte(position)); err == nil {
			t.Errorf("%s: no error", position)
		}
	}
}

func TestNoPosition(t *testing.T) {
	m, err := Restore(nil)
	if err != nil {
		t.Fatal(err)
	}
	if !m.LastReading().IsZero() {
		t.Errorf("last reading at %s", m.LastReading())
	}
}

func TestAPositionKeepsAnyBytes(t *testing.T) {
	var all strings.Builder
	for i := range 256 {
		all.WriteByte(byte(i))
	}
	text := all.String()
	name := Name{Host: []byte(text), Service: []byte(text)}
	m := New()
	r := m.Begin(time.Unix(2010, 0), "test")
	o := r.Object(name)
	o.Conditions(Conditions{Flapping: true})
	r.AddDowntime(name,
		supervision.Downtime{ID: 1, Author: text, Comment: text, Entry: time.Unix(1, 0), End: time.Unix(4000, 0)},
		DowntimeProgress{})
	r.Finish(AllTables)
	m = restart(t, m)
	r = m.Begin(time.Unix(2020, 0), "test")
	r.Object(name)
	records := r.Finish(AllTables)
	if len(records) != 1 || records[0].Entity != (supervision.Entity{Host: text, Service: text}) ||
		records[0].Downtime.Author != text || records[0].Downtime.Comment != text {
		t.Errorf("%+v", records)
	}
}
