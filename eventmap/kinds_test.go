package eventmap

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func record(kind supervision.Kind, e supervision.Entity, change ...func(*supervision.Record)) *supervision.Record {
	rec := &supervision.Record{Kind: kind, Entity: e, Time: now.Add(-time.Minute), Ref: "log:1:7"}
	for _, c := range change {
		c(rec)
	}
	return rec
}

func withDowntime(rec *supervision.Record) {
	rec.Downtime = &supervision.Downtime{
		ID: 7, Author: "jdoe", Comment: "upgrade", Entry: now.Add(-2 * time.Minute), Start: now,
		End: now.Add(12 * time.Hour), Fixed: true, Duration: time.Hour,
	}
}

func withNote(rec *supervision.Record) {
	rec.Note = &supervision.Note{ID: 12, Author: "jdoe", Text: "on it", Sticky: true, Expires: now.Add(time.Hour)}
}

func TestKinds(t *testing.T) {
	common := func(typ, rest string, more map[string]any) map[string]any {
		want := map[string]any{
			"connector": "nagios", "connector_name": "Central", "event_type": typ, "source_type": "resource",
			"component": "h00", "resource": "svc0", "timestamp": 1795426840.0, "supervisor_timestamp": 1795426840.0,
			"output_truncated": false, "author": "jdoe", "output": rest,
		}
		for k, v := range more {
			if want[k] = v; v == absent {
				delete(want, k)
			}
		}
		return want
	}
	ref := "nagios.Central.check.resource.h00.svc0"
	for _, c := range []struct {
		name    string
		version Version
		rec     *supervision.Record
		key     string
		want    map[string]any
	}{
		{
			"ack", Canopsis2410, record(supervision.Acknowledged, service, withNote),
			"nagios.Central.ack.resource.h00.svc0",
			common("ack", "on it", map[string]any{
				"ref_rk": ref, "referer": ref, "sticky": true, "persistent": false, "comment_id": 12.0,
				"expires": float64(now.Add(time.Hour).Unix()),
			}),
		},
		{
			"ack seen as a flag only", Canopsis2, record(supervision.Acknowledged, service),
			"nagios.Central.ack.resource.h00.svc0",
			common("ack", "acknowledgement", map[string]any{
				"author": "nagios.Central", "ref_rk": ref, "referer": ref, "sticky": false, "persistent": false,
			}),
		},
		{
			"ackremove", Canopsis2410, record(supervision.AcknowledgementRemoved, service),
			"nagios.Central.ackremove.resource.h00.svc0",
			common("ackremove", "acknowledgement removed",
				map[string]any{"author": "nagios.Central", "ref_rk": ref, "referer": ref}),
		},
		{
			"ackremove with texts of nothing", Canopsis2,
			record(supervision.AcknowledgementRemoved, service, func(r *supervision.Record) {
				r.Note = &supervision.Note{Author: "\x01", Text: " \x02"}
			}),
			"nagios.Central.ackremove.resource.h00.svc0",
			common("ackremove", "acknowledgement removed",
				map[string]any{"author": "nagios.Central", "ref_rk": ref, "referer": ref}),
		},
		{
			"comment", Canopsis2410,
			record(supervision.CommentAdded, service, withNote, func(r *supervision.Record) {
				r.Note.Expires = time.Time{}
			}),
			"nagios.Central.comment.resource.h00.svc0",
			common("comment", "on it", map[string]any{"persistent": false, "comment_id": 12.0, "expires": nil}),
		},
		{
			"flapping", Canopsis2410,
			record(supervision.FlappingStarted, service, func(r *supervision.Record) {
				r.Flapping = &supervision.Flapping{Text: "20% change"}
			}),
			"nagios.Central.comment.resource.h00.svc0",
			common("comment", "flapping started: 20% change", map[string]any{
				"author": "nagios.Central", "persistent": false, "comment_id": nil, "expires": nil,
			}),
		},
		{
			"flapping off", Canopsis3,
			record(supervision.FlappingStopped, service, func(r *supervision.Record) {
				r.Flapping = &supervision.Flapping{Disabled: true}
			}),
			"nagios.Central.comment.resource.h00.svc0",
			common("comment", "flapping stopped (flap detection disabled)",
				map[string]any{"author": "nagios.Central", "persistent": false}),
		},
		{
			"downtime 2.x", Canopsis2, record(supervision.DowntimeScheduled, service, withDowntime),
			"nagios.Central.downtime.resource.h00.svc0",
			common("downtime", "upgrade", map[string]any{
				"start": float64(now.Unix()), "end": float64(now.Add(12 * time.Hour).Unix()),
				"entry": float64(now.Add(-2 * time.Minute).Unix()), "duration": 0.5, "fixed": true, "downtime_id": 7.0,
			}),
		},
		{
			"flexible downtime 2.x", Canopsis2,
			record(supervision.DowntimeStarted, service, withDowntime, func(r *supervision.Record) {
				r.Downtime.Fixed, r.Downtime.Entry = false, time.Time{}
			}),
			"nagios.Central.downtime.resource.h00.svc0",
			common("downtime", "upgrade", map[string]any{
				"start": float64(now.Unix()), "end": float64(now.Add(time.Hour).Unix()), "entry": 1795426840.0,
				"duration": 1.0 / 24, "fixed": false, "downtime_id": 7.0,
			}),
		},
		{
			"downtime 3.x", Canopsis3, record(supervision.DowntimeScheduled, service, withDowntime),
			"nagios.Central.pbehavior.resource.h00.svc0",
			common("pbehavior", "", map[string]any{
				"start": float64(now.Unix()), "end": float64(now.Add(12 * time.Hour).Unix()), "downtime_id": 7.0,
				"action": "create", "pbehavior_name": "downtime svc0/h00 2026-11-23T09:41:40Z", "output": absent,
				"output_truncated": absent,
			}),
		},
		{
			"cancelled downtime 3.x", Canopsis3,
			record(supervision.DowntimeCancelled, service, withDowntime,
				func(r *supervision.Record) { r.Downtime.ID = 0 }),
			"nagios.Central.pbehavior.resource.h00.svc0",
			common("pbehavior", "", map[string]any{
				"start": float64(now.Unix()), "end": float64(now.Add(12 * time.Hour).Unix()), "action": "delete",
				"pbehavior_name": "downtime svc0/h00 2026-11-23T09:41:40Z", "output": absent,
				"output_truncated": absent,
			}),
		},
		{
			"downtime as comment", Canopsis2410, record(supervision.DowntimeEnded, service, withDowntime),
			"nagios.Central.comment.resource.h00.svc0",
			common("comment", "downtime ended (2026-11-23T09:41:40Z to 2026-11-23T21:41:40Z): upgrade", map[string]any{
				"persistent": false, "comment_id": nil, "expires": nil,
			}),
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMapper(t, testOptions(func(o *Options) {
				o.Canopsis, o.Events.DowntimeComment = c.version, true
				o.Events.Downtime = c.version <= Canopsis3
			}))
			e, body, _ := mapOne(t, m, c.rec)
			if diff := cmp.Diff(c.want, body); diff != "" {
				t.Error(diff)
			}
			if e.RoutingKey != c.key || e.Supersedable || e.Entity != "svc0/h00" || e.Route != outbox.Bus {
				t.Errorf("%q, entity %q, supersedable %v, route %s", e.RoutingKey, e.Entity, e.Supersedable, e.Route)
			}
		})
	}
}

// absent stands for a key that must not be there.
const absent = "<absent>"

func TestReasons(t *testing.T) {
	all := func(*Options) {}
	check := func(change func(*supervision.Check)) *supervision.Record {
		rec := checkRecord(service, supervision.Warning)
		change(rec.Check)
		return rec
	}
	soft := check(func(c *supervision.Check) { c.StateType = supervision.Soft })
	softOK := check(func(c *supervision.Check) { c.StateType, c.State = supervision.Soft, supervision.OK })
	hardOnly := func(o *Options) { o.SoftStates = false }
	python := func(o *Options) { o.Canopsis = Canopsis2 }
	none := func(o *Options) { o.Events = EventTypes{} }
	noneOf2 := func(o *Options) { o.Events, o.Canopsis = EventTypes{}, Canopsis2 }
	for _, c := range []struct {
		name   string
		change func(*Options)
		rec    *supervision.Record
		want   Reason
	}{
		{"soft state wanted", all, soft, Sent},
		{"soft state", hardOnly, soft, SoftState},
		{"soft recovery", hardOnly, softOK, Sent},
		{
			"state not reported", all, check(func(c *supervision.Check) { c.State = supervision.StateNotReported }),
			StateNotReported,
		},
		{"state 4", all, check(func(c *supervision.Check) { c.State = 4 }), Unmappable},
		{"host state 3", all, checkRecord(host, 3), Unmappable},
		{"state -2", all, check(func(c *supervision.Check) { c.State = -2 }), Unmappable},
		{"no check", all, record(supervision.CheckResult, service), Unmappable},
		{"no host", all, checkRecord(supervision.Entity{Service: "s"}, 0), Unmappable},
		{"a host of control characters", all, checkRecord(supervision.Entity{Host: "\x01\x02"}, 0), Unmappable},
		{
			"a service of control characters", all, checkRecord(supervision.Entity{Host: "h", Service: "\x00"}, 0),
			Unmappable,
		},
		{"no comment", all, record(supervision.CommentAdded, service), Unmappable},
		{"no downtime", all, record(supervision.DowntimeStarted, service), Unmappable},
		{"unknown kind", all, record(99, service), Unmappable},
		{"comment deleted", all, record(supervision.CommentDeleted, service), NoEventType},
		{"notification", all, record(supervision.Notification, service), NoEventType},
		{"start", all, record(supervision.SupervisorStarted, supervision.Entity{}), NoEventType},
		{"reload", all, record(supervision.SupervisorReloaded, supervision.Entity{}), NoEventType},
		{"stop", all, record(supervision.SupervisorStopped, supervision.Entity{}), NoEventType},
		{"downtime in 24.10", all, record(supervision.DowntimeScheduled, service, withDowntime), Sent},
		{"downtime off in 24.10", none, record(supervision.DowntimeScheduled, service, withDowntime), TypeOff},
		{"end of a downtime in 2.x", python, record(supervision.DowntimeEnded, service, withDowntime), NoEventType},
		{
			"cancelled downtime in 2.x", python, record(supervision.DowntimeCancelled, service, withDowntime),
			NoEventType,
		},
		{"downtime without a period", python, record(supervision.DowntimeStarted, service, func(r *supervision.Record) {
			r.Downtime = &supervision.Downtime{}
		}), PeriodNotReported},
		{
			"downtime of a group", python,
			record(supervision.DowntimeScheduled, supervision.Entity{}, withDowntime, func(r *supervision.Record) {
				r.Downtime.Scope, r.Downtime.Group = supervision.ScopeHostgroupHosts, "nobody"
			}), Unmappable,
		},
		{"check off", none, soft, TypeOff},
		{"ack off", none, record(supervision.Acknowledged, service), TypeOff},
		{"ackremove off", none, record(supervision.AcknowledgementRemoved, service), TypeOff},
		{"comment off", none, record(supervision.CommentAdded, service, withNote), TypeOff},
		{"flapping off", none, record(supervision.FlappingStarted, service), TypeOff},
		{"downtime off", noneOf2, record(supervision.DowntimeScheduled, service, withDowntime), TypeOff},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := newMapper(t, testOptions(c.change))
			events, outcome := m.Map(nil, c.rec, testInventory(), nil, now)
			if outcome.Reason != c.want || (len(events) == 1) != (c.want == Sent) ||
				(outcome.Detail != "") != (c.want == Unmappable) {
				t.Errorf("%d events, %v, %q; want %v", len(events), outcome.Reason, outcome.Detail, c.want)
			}
		})
	}
}
