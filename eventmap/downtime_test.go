package eventmap

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// What a target must know of a downtime to create or end a pbehavior, and null
// for what the reader can't see.
func TestDowntimeChanges(t *testing.T) {
	long := now.Add(-72 * time.Hour)
	downtime := func(kind supervision.Kind, change ...func(*supervision.Record)) *supervision.Record {
		return record(kind, service, append([]func(*supervision.Record){withDowntime}, change...)...)
	}
	period := map[string]any{
		"downtime_id": 7.0, "entry": float64(now.Add(-2 * time.Minute).Unix()), "start": float64(now.Unix()),
		"end": float64(now.Add(12 * time.Hour).Unix()), "fixed": true, "duration": 43200.0, "triggered_by": nil,
		"author": "jdoe", "comment": "upgrade",
	}
	for _, c := range []struct {
		name   string
		change string
		rec    *supervision.Record
		want   map[string]any // on top of period
	}{
		{"scheduled", "scheduled", downtime(supervision.DowntimeScheduled), nil},
		{"flexible, started", "started", downtime(supervision.DowntimeStarted, func(r *supervision.Record) {
			r.Downtime.Fixed, r.Downtime.TriggeredBy = false, 5
		}), map[string]any{
			"fixed": false, "duration": 3600.0, "triggered_by": 5.0, "end": float64(now.Add(time.Hour).Unix()),
		}},
		{"ended", "ended", downtime(supervision.DowntimeEnded), nil},
		{"cancelled long ago", "cancelled", downtime(supervision.DowntimeCancelled, func(r *supervision.Record) {
			r.Time = long
		}), map[string]any{"timestamp": float64(long.Unix()), "supervisor_timestamp": float64(long.Unix())}},
		{"known by its alert alone", "started", downtime(supervision.DowntimeStarted, func(r *supervision.Record) {
			r.Downtime = &supervision.Downtime{Text: "Service has entered a period of scheduled downtime"}
		}), map[string]any{
			"downtime_id": nil, "entry": nil, "start": nil, "end": nil, "fixed": nil, "duration": nil,
			"author": "nagios.Central", "comment": "",
		}},
	} {
		for _, version := range []Version{Canopsis40, Canopsis43, Canopsis2310, Canopsis2410} {
			m := newMapper(t, testOptions(func(o *Options) {
				o.Canopsis, o.Extra = version, map[string]any{"comment": "of every event of Canopsis"}
			}))
			e, body, outcome := mapOne(t, m, c.rec)
			want := map[string]any{
				"connector": "nagios", "connector_name": "Central", "event_type": "downtime_change",
				"source_type": "resource", "component": "h00", "resource": "svc0",
				"timestamp": 1795426840.0, "supervisor_timestamp": 1795426840.0, "change": c.change,
			}
			for _, more := range []map[string]any{period, c.want} {
				for key, value := range more {
					want[key] = value
				}
			}
			if diff := cmp.Diff(want, body); diff != "" {
				t.Errorf("%s, %s: %s", c.name, version, diff)
			}
			if e.Route != outbox.Pbehavior || e.Supersedable || outcome.Repairs != 0 {
				t.Errorf("%s: route %s, supersedable %v, repairs %b", c.name, e.Route, e.Supersedable, outcome.Repairs)
			}
			if e.RoutingKey != "nagios.Central.downtime_change.resource.h00.svc0" {
				t.Errorf("%s: %q", c.name, e.RoutingKey)
			}
		}
	}
}

// A downtime may be a comment on the bus and a pbehavior over HTTP at once.
func TestDowntimeAsBoth(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.Events.DowntimeComment = true }))
	rec := record(supervision.DowntimeStarted, host, withDowntime)
	events, outcome := m.Map(nil, rec, testInventory(), nil, now)
	if len(events) != 2 || outcome.Reason != Sent {
		t.Fatalf("%d events, %v", len(events), outcome.Reason)
	}
	comment, change := events[0], events[1]
	if decode(t, m, comment)["event_type"] != "comment" || comment.Route != outbox.Bus {
		t.Errorf("%s %s", comment.Route, comment.Body)
	}
	if decode(t, m, change)["event_type"] != "downtime_change" || change.Route != outbox.Pbehavior {
		t.Errorf("%s %s", change.Route, change.Body)
	}
	if comment.MessageID == change.MessageID {
		t.Error("both have the same message id")
	}
	alone, _ := newMapper(t, testOptions()).Map(nil, rec, nil, nil, now)
	if alone[0].MessageID != change.MessageID {
		t.Error("the message id depends on another option")
	}
	excluded := newMapper(t, testOptions(func(o *Options) {
		o.Events.DowntimeComment, o.Exclude = true, []Rule{{Host: "h00"}}
	}))
	if events, outcome = excluded.Map(nil, rec, nil, nil, now); len(events) != 0 || outcome.Reason != Excluded {
		t.Errorf("%d events, %v", len(events), outcome.Reason)
	}
}

// TestFlexibleDowntimeThatHasStarted: it lasts for its duration from its real start, and
// not from the beginning of the period in which it may start.
func TestFlexibleDowntimeThatHasStarted(t *testing.T) {
	window := now.Truncate(time.Second).Add(-time.Hour)
	began := window.Add(40 * time.Minute)
	flexible := func(kind supervision.Kind) *supervision.Record {
		return record(kind, host, func(r *supervision.Record) {
			r.Time = began
			r.Downtime = &supervision.Downtime{
				ID: 7, Author: "a", Comment: "c", Start: window, End: window.Add(3 * time.Hour),
				Duration: 10 * time.Minute,
			}
		})
	}
	m := newMapper(t, testOptions())
	for kind, want := range map[supervision.Kind][2]int64{
		supervision.DowntimeScheduled: {window.Unix(), window.Add(3 * time.Hour).Unix()},
		supervision.DowntimeStarted:   {began.Unix(), began.Add(10 * time.Minute).Unix()},
	} {
		events, _ := m.Map(nil, flexible(kind), nil, nil, now)
		if len(events) != 1 {
			t.Fatalf("%s: %d events", kind, len(events))
		}
		body := decode(t, m, events[0])
		if body["start"] != float64(want[0]) || body["end"] != float64(want[1]) {
			t.Errorf("%s: from %v to %v, want %v", kind, body["start"], body["end"], want)
		}
	}
}
