package pipeline

import (
	"context"
	"fmt"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// kept is an outbox and a quarantine in memory.
type kept struct {
	keys     []string
	rejected []supervision.Rejected
}

func (k *kept) Position(string) ([]byte, error) { return nil, nil }

func (k *kept) States(outbox.Scope, func(string, []byte) error) error { return nil }

func (k *kept) Store(_ context.Context, c outbox.Commit) (func(context.Context) error, error) {
	for _, e := range c.Events {
		k.keys = append(k.keys, e.RoutingKey)
	}
	return func(context.Context) error { return nil }, nil
}

func (k *kept) Add(items ...supervision.Rejected) error {
	k.rejected = append(k.rejected, items...)
	return nil
}

// known is an object cache.
type known map[supervision.Entity]*supervision.Object

func (k known) Object(e supervision.Entity) *supervision.Object { return k[e] }

func (k known) Members(supervision.DowntimeScope, supervision.Entity, string) []supervision.Entity {
	return nil
}

func newIntake(t *testing.T, inventory supervision.Inventory) (*intake, *kept) {
	t.Helper()
	o := eventmap.DefaultOptions()
	o.ConnectorName, o.Events.DowntimeComment = "c", true
	mapper, err := eventmap.New(o)
	if err != nil {
		t.Fatal(err)
	}
	judge, err := timeline.New(timeline.Options{Readers: []timeline.Reader{
		{Name: "log", View: timeline.Changes, HasState: true, HasOutput: true},
	}})
	if err != nil {
		t.Fatal(err)
	}
	k := &kept{}
	return &intake{
		outbox: k, mapper: mapper, inventory: inventory, quarantine: k,
		tally: tally.New(slog.New(slog.DiscardHandler), time.Now), now: time.Now,
		timeline: judge, serves: bus, due: make(chan time.Time, 1),
	}, k
}

func TestOrdersAboutServicesThatDoNotExist(t *testing.T) {
	host, web := supervision.Entity{Host: "h"}, supervision.Entity{Host: "h", Service: "web"}
	ack := func(e supervision.Entity) supervision.Record {
		return supervision.Record{Kind: supervision.Acknowledged, Entity: e, Time: time.Now(), Ref: e.String(),
			Note: &supervision.Note{Author: "a", Text: "t"}}
	}
	problem := func(e supervision.Entity) supervision.Record {
		return supervision.Record{Kind: supervision.CheckResult, Entity: e, Time: time.Now(), Ref: "1",
			Check: &supervision.Check{State: supervision.Down, StateType: supervision.Hard}}
	}
	newService := supervision.Entity{Host: "h", Service: "new"}
	unknownHost := supervision.Entity{Host: "other", Service: "s"}

	in, k := newIntake(t, known{host: {}, web: {}})
	_, err := in.take(t.Context(), Feed{Source: &script{name: "log"}}, supervision.Batch{Records: []supervision.Record{
		problem(host), ack(host), problem(web), ack(web), ack(supervision.Entity{Host: "h", Service: "typo"}),
		problem(newService), ack(newService), // the object cache is not up to date
		ack(unknownHost), problem(unknownHost), // there may be no object cache
	}}, true)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"nagios.c.check.component.h", "nagios.c.ack.component.h",
		"nagios.c.check.resource.h.web", "nagios.c.ack.resource.h.web",
		"nagios.c.check.resource.h.new", "nagios.c.ack.resource.h.new",
		"nagios.c.check.resource.other.s", "nagios.c.ack.resource.other.s",
	}
	if diff := cmp.Diff(want, k.keys); diff != "" {
		t.Error(diff)
	}
}

// TestOrdersThatMeanMoreThanTheyName: without an object cache they are about the
// services that were seen, or about the host.
func TestOrdersThatMeanMoreThanTheyName(t *testing.T) {
	at := time.Now()
	host := supervision.Entity{Host: "h"}
	result := func(service string, state supervision.State) supervision.Record {
		return supervision.Record{Kind: supervision.CheckResult, Time: at,
			Entity: supervision.Entity{Host: "h", Service: service}, Ref: service,
			Check: &supervision.Check{State: state, StateType: supervision.Hard}}
	}
	of := func(kind supervision.Kind, scope supervision.DowntimeScope) supervision.Record {
		return supervision.Record{Kind: kind, Entity: host, Time: at, Ref: fmt.Sprint(kind, scope),
			Downtime: &supervision.Downtime{Scope: scope, Author: "a", Comment: "c", Start: at, End: at.Add(time.Hour)}}
	}
	note := &supervision.Note{Author: "a", Text: "t"}
	for name, tt := range map[string]struct {
		order supervision.Record
		want  []string
	}{
		"acknowledgement of a host's services": {
			supervision.Record{Kind: supervision.ServicesAcknowledged, Entity: host, Time: at, Ref: "a", Note: note},
			[]string{"nagios.c.ack.resource.h.s1", "nagios.c.ack.resource.h.s3"},
		},
		"downtime of a host's services": {
			of(supervision.DowntimeScheduled, supervision.ScopeHostServices),
			[]string{
				"nagios.c.comment.resource.h.s1", "nagios.c.comment.resource.h.s2", "nagios.c.comment.resource.h.s3",
			},
		},
		"downtime of a host and its children": {
			of(supervision.DowntimeScheduled, supervision.ScopeHostPropagated),
			[]string{"nagios.c.comment.component.h"},
		},
		"end of the downtimes of a host's services": {
			of(supervision.DowntimeCancelled, supervision.ScopeHostServices), nil,
		},
	} {
		in, k := newIntake(t, known{})
		records := []supervision.Record{
			result("s1", supervision.Critical), result("s2", supervision.OK), result("s3", supervision.Warning),
			tt.order,
		}
		_, err := in.take(t.Context(), Feed{Source: &script{name: "log"}}, supervision.Batch{Records: records}, true)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, k.keys[3:], cmpopts.EquateEmpty()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
		for _, c := range in.tally.Counts() {
			if c.Level == tally.Notable {
				t.Errorf("%s: warned of %+v", name, c)
			}
		}
	}
}

// TestOddInputIsCounted: once for each, by its reason.
func TestOddInputIsCounted(t *testing.T) {
	in, _ := newIntake(t, known{})
	odd := supervision.Strange{Field: "LATENCY", Value: "-nan", Reason: "none"}.Oddity("file:3")
	if _, err := in.take(t.Context(), Feed{Source: &script{name: "log"}},
		supervision.Batch{Odd: []supervision.Oddity{odd, odd}}, true); err != nil {
		t.Fatal(err)
	}
	key := tally.Key{What: whatOdd, Source: "log", Reason: "LATENCY: none"}
	if counts := in.tally.Counts(); len(counts) != 1 || counts[0].Key != key || counts[0].N != 2 ||
		counts[0].Level != tally.Notable || counts[0].Example != `file:3: "-nan"` {
		t.Errorf("%+v", counts)
	}
}

// A downtime that Canopsis takes over HTTP only is counted, and neither stored
// nor quarantined, while no target serves its route.
func TestDowntimesWithoutATarget(t *testing.T) {
	at := time.Now()
	downtime := supervision.Record{
		Kind: supervision.DowntimeScheduled, Entity: supervision.Entity{Host: "h"}, Time: at, Ref: "1",
		Downtime: &supervision.Downtime{ID: 1, Author: "a", Start: at, End: at.Add(time.Hour), Fixed: true},
	}
	in, k := newIntake(t, known{})
	o := eventmap.DefaultOptions()
	o.ConnectorName = "c"
	var err error
	if in.mapper, err = eventmap.New(o); err != nil {
		t.Fatal(err)
	}
	if _, err := in.take(t.Context(), Feed{Source: &script{name: "log"}},
		supervision.Batch{Records: []supervision.Record{downtime}}, true); err != nil {
		t.Fatal(err)
	}
	if len(k.keys) != 0 || len(k.rejected) != 0 {
		t.Errorf("stored %v, quarantined %v", k.keys, k.rejected)
	}
	key := tally.Key{What: whatNotServed, Source: "log", Kind: "downtime scheduled", Reason: string(outbox.Pbehavior)}
	if n := count(in.tally, key); n != 1 {
		t.Errorf("counted %d times: %+v", n, in.tally.Counts())
	}
}
