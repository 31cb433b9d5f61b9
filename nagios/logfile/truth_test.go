package logfile

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/testing/corpus"
)

// truth is an order to the recorded supervisor.
type truth struct {
	Kind, Name, Host, Service string
	Author, Comment           string
	CommentB64                []byte `json:"comment_b64"`
	Output                    string
	OutputB64                 []byte `json:"output_b64"`
	Command                   string
	Sticky, Persistent        int
	CommentID                 int64 `json:"comment_id"`
	DowntimeID                int64 `json:"downtime_id"`
	Fixed                     int
	Start, End, Duration      int64
	TriggerID                 int64 `json:"trigger_id"`
	Exit                      int64
}

func (o truth) entity() supervision.Entity {
	return supervision.Entity{Host: o.Host, Service: o.Service}
}

// note returns the record that an ack or comment order becomes.
func (o truth) note(kind supervision.Kind) supervision.Record {
	text := o.Comment
	if len(o.CommentB64) > 0 {
		text = string(o.CommentB64)
	}
	author := o.Author
	// A semicolon moves the fields, as in Nagios.
	if before, after, found := strings.Cut(author, ";"); found {
		author, text = before, after+";"+text
	}
	return supervision.Record{Kind: kind, Entity: o.entity(), Note: &supervision.Note{
		Author: author, Text: text, Sticky: o.Sticky == 2, Persistent: o.Persistent == 1,
	}}
}

// record returns the record that an order becomes; ok is false for what is no
// ack, comment or downtime of one object.
func (o truth) record() (rec supervision.Record, ok bool) {
	switch o.Kind {
	case "ack":
		return o.note(supervision.Acknowledged), true
	case "comment_add":
		return o.note(supervision.CommentAdded), true
	case "ack_remove":
		return supervision.Record{
			Kind: supervision.AcknowledgementRemoved, Entity: o.entity(), Note: &supervision.Note{},
		}, true
	case "comment_delete":
		return supervision.Record{Kind: supervision.CommentDeleted, Note: &supervision.Note{ID: o.CommentID}}, true
	case "downtime_cancel":
		return supervision.Record{
			Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: o.DowntimeID},
		}, true
	case "downtime_schedule":
		return o.downtime(), true
	}
	return rec, false
}

// scopes are the recorded commands that schedule for more than one object.
var scopes = map[string]supervision.DowntimeScope{
	"SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME": supervision.ScopeHostPropagated,
	"SCHEDULE_HOST_SVC_DOWNTIME":           supervision.ScopeHostServices,
	"SCHEDULE_HOSTGROUP_HOST_DOWNTIME":     supervision.ScopeHostgroupHosts,
	"SCHEDULE_HOSTGROUP_SVC_DOWNTIME":      supervision.ScopeHostgroupServices,
	"SCHEDULE_SERVICEGROUP_SVC_DOWNTIME":   supervision.ScopeServicegroupServices,
}

// downtime returns the record of a scheduled downtime. The recorder calls a group
// a host.
func (o truth) downtime() supervision.Record {
	d := &supervision.Downtime{
		Author: o.Author, Comment: o.Comment, Fixed: o.Fixed == 1, TriggeredBy: o.TriggerID,
		Start: time.Unix(o.Start, 0).UTC(), End: time.Unix(o.End, 0).UTC(),
		Duration: time.Duration(o.Duration) * time.Second, Scope: scopes[o.Name],
	}
	e := o.entity()
	if strings.Contains(o.Name, "GROUP_") {
		d.Group, e.Host = e.Host, ""
	}
	return supervision.Record{Kind: supervision.DowntimeScheduled, Entity: e, Downtime: d}
}

func readTruth(t *testing.T, path string) []truth {
	t.Helper()
	var orders []truth
	for line := range bytes.Lines(readCorpus(t, path)) {
		var o truth
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatalf("%s: %v in %s", path, err, line)
		}
		orders = append(orders, o)
	}
	return orders
}

// asText makes records comparable without time and place.
func asText(t *testing.T, records []supervision.Record) []string {
	t.Helper()
	text := make([]string, len(records))
	for i, rec := range records {
		rec.Time, rec.Ref = time.Time{}, ""
		b, err := json.Marshal(rec)
		if err != nil {
			t.Fatal(err)
		}
		text[i] = rec.Kind.String() + " " + string(b)
	}
	slices.Sort(text)
	return text
}

// recorded reports whether the truth describes the order of a record.
func recorded(rec supervision.Record) bool {
	switch rec.Kind {
	case supervision.Acknowledged, supervision.AcknowledgementRemoved,
		supervision.CommentAdded, supervision.DowntimeScheduled:
		return true
	case supervision.CommentDeleted:
		return rec.Note.ID != 0
	case supervision.DowntimeCancelled:
		return rec.Downtime.ID != 0
	}
	return false
}

// TestCorpusOrders compares acknowledgements, comments and downtimes with what
// was ordered, field by field.
func TestCorpusOrders(t *testing.T) {
	lines := nagiosCorpus(t)
	var got, want []supervision.Record
	for _, rec := range readAll("", lines).Records {
		if recorded(rec) {
			got = append(got, rec)
		}
	}
	for _, o := range readTruth(t, filepath.Join(corpus.Dir(t, "nagios4"), "truth.ndjson.gz")) {
		if rec, ok := o.record(); ok {
			want = append(want, rec)
		}
	}
	if len(want) < 150 {
		t.Errorf("only %d orders in the truth", len(want))
	}
	if diff := cmp.Diff(asText(t, want), asText(t, got)); diff != "" {
		t.Error(diff)
	}
}

// TestCorpusPassives compares the passive results with what was sent in. What
// only an ALERT has is left out.
func TestCorpusPassives(t *testing.T) {
	lines := nagiosCorpus(t)
	records := readAll("", lines).Records
	next := 0
	compared := 0
	for _, o := range readTruth(t, filepath.Join(corpus.Dir(t, "nagios4"), "truth.ndjson.gz")) {
		if o.Kind != "passive_service" && o.Kind != "passive_host" {
			continue
		}
		if o.Host == "no-such-host" || o.Service == "no such service" {
			continue
		}
		if o.Host == "192.0.2.61" { // the address of srv-passive-01
			o.Host = "srv-passive-01"
		}
		want := sentResult(o)
		found := slices.IndexFunc(records[next:], func(rec supervision.Record) bool {
			return rec.Kind == supervision.CheckResult && rec.Entity == o.entity() &&
				rec.Check.CheckType == supervision.Passive
		})
		if found < 0 {
			t.Fatalf("no record for %s", o.Command)
		}
		alert := cmpopts.IgnoreFields(supervision.Check{}, "StateType", "Attempt")
		if diff := cmp.Diff(want, *records[next+found].Check, alert); diff != "" {
			t.Errorf("%s:\n%s", o.Command, diff)
		}
		next += found + 1
		compared++
	}
	if compared != 182 {
		t.Errorf("%d results compared, want 182", compared)
	}
}

var pipe = regexp.MustCompile(` *\| *`)

// sentResult reads what was sent in the plain way that its few forms allow.
func sentResult(o truth) supervision.Check {
	raw := o.Output
	if raw == "" {
		raw = string(o.OutputB64)
	}
	first, long, _ := strings.Cut(strings.TrimSuffix(raw, "\n"), "\n")
	halves := pipe.Split(first, 2)
	c := supervision.Check{
		State: supervision.State(min(o.Exit, 3)), StateType: supervision.StateTypeNotReported,
		CheckType: supervision.Passive, Output: strings.ReplaceAll(halves[0], ";", ":"), LongOutput: long,
	}
	if len(halves) == 2 {
		c.Perfdata = halves[1]
	}
	if text, perfdata, found := strings.Cut(long, "|"); found {
		c.LongOutput, c.Perfdata = text, strings.ReplaceAll(strings.TrimSpace(perfdata), "\n", " ")
	}
	if c.Output == "" {
		c.Output = noOutput
	}
	return c
}
