package snapshot

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// shown is what one reading shows.
type shown struct {
	at        int64
	ref       string // of the reading; empty: made of at
	objects   []objectRow
	comments  []commentRow
	downtimes []downtimeRow
	// partial are the tables that are not complete.
	partial Tables
	// abandoned: the reading is not finished.
	abandoned bool
}

// objectRow is a host "h" or service "h;s".
type objectRow struct {
	Conditions
	name       string
	unchecked  bool
	unreadable bool // its conditions
	state      supervision.State
	checked    float64 // end of the check; zero: 1000
	output     string
}

type commentRow struct {
	of    string
	id    int64
	entry float64
	ofAck bool
	text  string
}

type downtimeRow struct {
	DowntimeProgress
	of         string
	id         int64
	entry      float64
	start, end float64
	flexible   time.Duration // zero: fixed
}

func nameOf(name string) Name {
	host, service, _ := strings.Cut(name, ";")
	return Name{Host: []byte(host), Service: []byte(service)}
}

func unix(seconds float64) time.Time {
	if seconds == 0 {
		return time.Time{}
	}
	return time.UnixMicro(int64(seconds * 1e6))
}

// read does what a reader does, and returns all records of the reading.
func read(m *Memory, s shown) []supervision.Record {
	ref := s.ref
	if ref == "" {
		ref = fmt.Sprint("test:", s.at)
	}
	r := m.Begin(time.Unix(s.at, 0), ref)
	var records []supervision.Record
	for _, row := range s.objects {
		if record, isNew := readObject(r, row); isNew {
			records = append(records, record)
		}
	}
	for _, row := range s.comments {
		if of, key := nameOf(row.of), (Key{ID: row.id, Entry: unix(row.entry)}); !r.Comment(of, key) {
			r.AddComment(of, key.Entry, supervision.Note{ID: row.id, Author: "bob", Text: row.text}, row.ofAck)
		}
	}
	for _, row := range s.downtimes {
		of, key := nameOf(row.of), Key{ID: row.id, Entry: unix(row.entry)}
		if !r.Downtime(of, key, row.DowntimeProgress) {
			r.AddDowntime(of, supervision.Downtime{
				ID: row.id, Author: "ann", Comment: "work", Entry: key.Entry, Start: unix(row.start),
				End: unix(row.end), Fixed: row.flexible == 0, Duration: row.flexible,
			}, row.DowntimeProgress)
		}
	}
	if s.abandoned {
		return records
	}
	return append(records, r.Finish(AllTables&^s.partial)...)
}

func readObject(r *Reading, row objectRow) (record supervision.Record, isNew bool) {
	o := r.Object(nameOf(row.name))
	if !row.unreadable {
		o.Conditions(row.Conditions)
	}
	end := row.checked
	if end == 0 {
		end = 1000
	}
	if row.unchecked || !o.IsNewResult(fmt.Append(nil, end), fmt.Append(nil, row.state), []byte(row.output)) {
		return record, false
	}
	return o.Result(supervision.Check{State: row.state, Output: row.output}, unix(end), fmt.Sprint("check:", end)), true
}

// restart returns the memory that a new process has.
func restart(t testing.TB, m *Memory) *Memory {
	t.Helper()
	position, err := m.Position()
	if err != nil {
		t.Fatal(err)
	}
	if m, err = Restore(position); err != nil {
		t.Fatal(err)
	}
	return m
}

// describe returns in one line what a record is about.
func describe(r supervision.Record) string {
	out := fmt.Sprintf("%d %s %s", r.Time.Unix(), r.Entity, r.Kind)
	switch {
	case r.Check != nil:
		out += fmt.Sprintf(" %d %s", r.Check.State, r.Check.Output)
	case r.Note != nil:
		out += fmt.Sprintf(" #%d %s: %s", r.Note.ID, r.Note.Author, r.Note.Text)
		if r.Note.Sticky {
			out += " (sticky)"
		}
	case r.Downtime != nil:
		out += fmt.Sprintf(" #%d %s: %s", r.Downtime.ID, r.Downtime.Author, r.Downtime.Comment)
	case r.Flapping != nil && r.Flapping.Disabled:
		out += " (disabled)"
	}
	return strings.TrimRight(out, " ")
}

func describeAll(records []supervision.Record) []string {
	var out []string
	for _, r := range records {
		out = append(out, describe(r))
	}
	return out
}

func transitionsOf(records []supervision.Record) []supervision.Record {
	var out []supervision.Record
	for _, r := range records {
		if r.Check == nil {
			out = append(out, r)
		}
	}
	return out
}
