package logfile

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

func TestNoteCommands(t *testing.T) {
	h, s := supervision.Entity{Host: "h"}, supervision.Entity{Host: "h", Service: "s: 1"}
	for line, want := range map[string]supervision.Record{
		"ACKNOWLEDGE_HOST_PROBLEM;h;2;1;1;bob;on it; really": {
			Kind: supervision.Acknowledged, Entity: h,
			Note: &supervision.Note{Author: "bob", Text: "on it; really", Sticky: true, Persistent: true}},
		"ACKNOWLEDGE_SVC_PROBLEM;h;s: 1;1;1;0;bob;on it": {
			Kind: supervision.Acknowledged, Entity: s, Note: &supervision.Note{Author: "bob", Text: "on it"}},
		"acknowledge_svc_problem;h;s: 1;0;0;0;;": {
			Kind: supervision.Acknowledged, Entity: s, Note: &supervision.Note{}},
		"ACKNOWLEDGE_SVC_PROBLEM;h;s: 1;2;1;0;a;b;moved": {
			Kind: supervision.Acknowledged, Entity: s,
			Note: &supervision.Note{Author: "a", Text: "b;moved", Sticky: true}},
		"ACKNOWLEDGE_HOST_PROBLEM_EXPIRE;h;2;1;0;1795424300;bob;x": {
			Kind: supervision.Acknowledged, Entity: h,
			Note: &supervision.Note{Author: "bob", Text: "x", Sticky: true, Expires: second.Add(100 * time.Second)}},
		"ACKNOWLEDGE_SVC_PROBLEM_EXPIRE;h;s: 1;1;1;1;0;bob;x": {
			Kind: supervision.Acknowledged, Entity: s,
			Note: &supervision.Note{Author: "bob", Text: "x", Persistent: true}},
		"REMOVE_HOST_ACKNOWLEDGEMENT;h": {
			Kind: supervision.AcknowledgementRemoved, Entity: h, Note: &supervision.Note{},
		},
		"REMOVE_SVC_ACKNOWLEDGEMENT;h;s: 1": {
			Kind: supervision.AcknowledgementRemoved, Entity: s, Note: &supervision.Note{},
		},
		"ADD_HOST_COMMENT;h;1;bob;a; b": {
			Kind: supervision.CommentAdded, Entity: h,
			Note: &supervision.Note{Author: "bob", Text: "a; b", Persistent: true}},
		"ADD_SVC_COMMENT;h;s: 1;0;bob;text": {
			Kind: supervision.CommentAdded, Entity: s, Note: &supervision.Note{Author: "bob", Text: "text"},
		},
		"[1795424199] ADD_SVC_COMMENT;h;s: 1;0;bob;text": {
			Kind: supervision.CommentAdded, Entity: s, Note: &supervision.Note{Author: "bob", Text: "text"},
		},
		"DEL_HOST_COMMENT;17": {Kind: supervision.CommentDeleted, Note: &supervision.Note{ID: 17}},
		"DEL_SVC_COMMENT;1795422628481229": {
			Kind: supervision.CommentDeleted, Note: &supervision.Note{ID: 1795422628481229},
		},
		"DEL_ALL_HOST_COMMENTS;h":     {Kind: supervision.CommentDeleted, Entity: h, Note: &supervision.Note{}},
		"DEL_ALL_SVC_COMMENTS;h;s: 1": {Kind: supervision.CommentDeleted, Entity: s, Note: &supervision.Note{}},
		"DEL_HOST_DOWNTIME;5":         {Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: 5}},
		"DEL_SVC_DOWNTIME;6":          {Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: 6}},
	} {
		want.Time = second
		if diff := cmp.Diff(supervision.Batch{Records: []supervision.Record{want}},
			readOne(t, "EXTERNAL COMMAND: "+line)); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}
	b := readOne(t, "EXTERNAL COMMAND: ACKNOWLEDGE_HOST_SVC_PROBLEM;h;2;1;1;0;bob;all of it")
	note := &supervision.Note{Sticky: true, Persistent: true, Author: "bob", Text: "all of it"}
	want := []supervision.Record{
		{Kind: supervision.ServicesAcknowledged, Entity: h, Time: second, Note: note},
		{Kind: supervision.Acknowledged, Entity: h, Time: second, Note: note},
	}
	if diff := cmp.Diff(supervision.Batch{Records: want}, b); diff != "" {
		t.Errorf("an acknowledgement of a host with its services:\n%s", diff)
	}
}

func TestScheduleCommands(t *testing.T) {
	const terms = ";1795424300;1795424400;1;0;100;bob;weekly; really"
	fixed := supervision.Downtime{
		Start: second.Add(100 * time.Second), End: second.Add(200 * time.Second), Fixed: true,
		Duration: 100 * time.Second, Author: "bob", Comment: "weekly; really",
	}
	for line, want := range map[string]struct {
		entity supervision.Entity
		scope  supervision.DowntimeScope
		group  string
	}{
		"SCHEDULE_HOST_DOWNTIME;h":  {entity: supervision.Entity{Host: "h"}},
		"SCHEDULE_SVC_DOWNTIME;h;s": {entity: supervision.Entity{Host: "h", Service: "s"}},
		"SCHEDULE_HOST_SVC_DOWNTIME;h": {
			entity: supervision.Entity{Host: "h"}, scope: supervision.ScopeHostServices,
		},
		"SCHEDULE_AND_PROPAGATE_HOST_DOWNTIME;h": {
			entity: supervision.Entity{Host: "h"}, scope: supervision.ScopeHostPropagated,
		},
		"SCHEDULE_AND_PROPAGATE_TRIGGERED_HOST_DOWNTIME;h": {
			entity: supervision.Entity{Host: "h"}, scope: supervision.ScopeHostPropagated,
		},
		"SCHEDULE_HOSTGROUP_HOST_DOWNTIME;g":    {group: "g", scope: supervision.ScopeHostgroupHosts},
		"SCHEDULE_HOSTGROUP_SVC_DOWNTIME;g":     {group: "g", scope: supervision.ScopeHostgroupServices},
		"SCHEDULE_SERVICEGROUP_HOST_DOWNTIME;g": {group: "g", scope: supervision.ScopeServicegroupHosts},
		"SCHEDULE_SERVICEGROUP_SVC_DOWNTIME;g":  {group: "g", scope: supervision.ScopeServicegroupServices},
	} {
		d := fixed
		d.Scope, d.Group = want.scope, want.group
		rec := supervision.Record{Kind: supervision.DowntimeScheduled, Time: second, Entity: want.entity, Downtime: &d}
		if diff := cmp.Diff(supervision.Batch{Records: []supervision.Record{rec}},
			readOne(t, "EXTERNAL COMMAND: "+line+terms)); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
	}

	for terms, want := range map[string]supervision.Downtime{
		"1795424300;1795424400;0;7;50;bob;flexible": {
			TriggeredBy: 7, Duration: 50 * time.Second, Comment: "flexible",
		},
		"1795424300;1795424400;1;;;bob;empty":           {Fixed: true, Comment: "empty"},
		"1795424300.5;1795424400;2;0;1;bob;as Nagios":   {Fixed: true, Duration: time.Second, Comment: "as Nagios"},
		"1795424300;1795424400;0;0;9999999999999;bob;x": {Duration: 9223372036 * time.Second, Comment: "x"},
	} {
		want.Start, want.End, want.Author = fixed.Start, fixed.End, "bob"
		b := readOne(t, "EXTERNAL COMMAND: SCHEDULE_HOST_DOWNTIME;h;"+terms)
		if len(b.Records) != 1 {
			t.Fatalf("%s: %+v", terms, b)
		}
		if diff := cmp.Diff(&want, b.Records[0].Downtime); diff != "" {
			t.Errorf("%s:\n%s", terms, diff)
		}
	}
}

// TestDeleteByFilter reads the commands that cancel what agrees with a filter.
func TestDeleteByFilter(t *testing.T) {
	type target struct {
		Entity supervision.Entity
		Scope  supervision.DowntimeScope
		Group  string
	}
	host, service := supervision.Entity{Host: "h"}, supervision.Entity{Host: "h", Service: "s"}
	both := []target{{Entity: host}, {Entity: host, Scope: supervision.ScopeHostServices}}
	group := []target{
		{Group: "g", Scope: supervision.ScopeHostgroupHosts},
		{Group: "g", Scope: supervision.ScopeHostgroupServices},
	}
	for line, want := range map[string]struct {
		targets []target
		start   bool
		comment string
	}{
		"DEL_DOWNTIME_BY_HOST_NAME;h":       {targets: both},
		"DEL_DOWNTIME_BY_HOST_NAME;h;;;a;b": {targets: both, comment: "a;b"},
		"DEL_DOWNTIME_BY_HOST_NAME;h;s":     {targets: []target{{Entity: service}}},
		"DEL_DOWNTIME_BY_HOST_NAME;h;s;1795424200;x": {
			targets: []target{{Entity: service}}, start: true, comment: "x",
		},
		"DEL_DOWNTIME_BY_HOSTGROUP_NAME;g":               {targets: group},
		"DEL_DOWNTIME_BY_HOSTGROUP_NAME;g;;;;x":          {targets: group, comment: "x"},
		"DEL_DOWNTIME_BY_HOSTGROUP_NAME;g;h;;1795424200": {targets: both, start: true},
		"DEL_DOWNTIME_BY_HOSTGROUP_NAME;g;h;s":           {targets: []target{{Entity: service}}},
		"DEL_DOWNTIME_BY_HOSTGROUP_NAME;g;;s": {targets: []target{
			{Entity: supervision.Entity{Service: "s"}, Group: "g", Scope: supervision.ScopeHostgroupServices},
		}},
		"DEL_DOWNTIME_BY_START_TIME_COMMENT;1795424200;x;y":    {targets: []target{{}}, start: true, comment: "x;y"},
		"DEL_DOWNTIME_BY_START_TIME_COMMENT;;x":                {targets: []target{{}}, comment: "x"},
		"DEL_DOWNTIME_BY_START_TIME_COMMENT;1795424200":        {targets: []target{{}}, start: true},
		"del_downtime_by_host_name;h;s;0;":                     {targets: []target{{Entity: service}}},
		"[1795424199] DEL_DOWNTIME_BY_HOST_NAME;h;;1795424200": {targets: both, start: true},
	} {
		b := readAll("", logLines("EXTERNAL COMMAND: "+line))
		var got []target
		refs := map[string]bool{}
		for _, rec := range b.Records {
			refs[rec.Ref] = true
			got = append(got, target{rec.Entity, rec.Downtime.Scope, rec.Downtime.Group})
			if rec.Kind != supervision.DowntimeCancelled || rec.Downtime.Comment != want.comment ||
				rec.Downtime.Start.Equal(second) != want.start {
				t.Errorf("%s: %+v %+v", line, rec, *rec.Downtime)
			}
		}
		if diff := cmp.Diff(want.targets, got); diff != "" {
			t.Errorf("%s:\n%s", line, diff)
		}
		if len(refs) != len(got) {
			t.Errorf("%s: Refs %v of %d records", line, refs, len(got))
		}
	}
	if b := readOne(t, "EXTERNAL COMMAND: DEL_DOWNTIME_BY_START_TIME_COMMENT;;"); len(b.Rejected) != 1 {
		t.Errorf("a filter that names nothing becomes %+v", b)
	}
}
