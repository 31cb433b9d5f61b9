package eventmap

import (
	"testing"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// A record that an earlier version has mapped must become the same event again:
// entities and message ids of a single site never change.
func TestIDsOfASingleSiteStay(t *testing.T) {
	m := newMapper(t, testOptions(func(o *Options) { o.Canopsis = Canopsis2 }))
	for _, c := range []struct {
		rec        *supervision.Record
		entity, id string
	}{
		{checkRecord(service, supervision.Critical), "svc0/h00", "18cc1253733be822ae3f4b162da409ed"},
		{checkRecord(host, supervision.Up), "h00", "5fc50399017be3ab4c5be94e75cb7efd"},
		{record(supervision.Acknowledged, service, withNote), "svc0/h00", "6cc0ddbae8d6552ce1d8fdb71779af0e"},
		{record(supervision.DowntimeScheduled, host, withDowntime), "h00", "1108fb7ab924cd9cafa6b614c5409a5f"},
	} {
		c.rec.Time = c.rec.Time.Add(time.Microsecond)
		events, _ := m.Map(nil, c.rec, nil, nil, now)
		if e := events[0]; e.Entity != c.entity || e.MessageID != c.id {
			t.Errorf("%s: entity %q, message id %s", c.rec.Kind, e.Entity, e.MessageID)
		}
	}
}

// Two sites with an object of the same name share its entity in Canopsis, but
// neither the order nor the message ids.
func TestSitesDoNotMix(t *testing.T) {
	rec := checkRecord(service, supervision.Critical)
	seen := make(map[string]outbox.Scope)
	var body string
	for _, scope := range []outbox.Scope{"", "paris", "paris2", "lyon"} {
		m := newMapper(t, testOptions(func(o *Options) { o.Scope = scope }))
		events, _ := m.Map(nil, rec, testInventory(), nil, now)
		e := events[0]
		if e.Entity != scope.Key("svc0/h00") {
			t.Errorf("entity of site %q: %q", scope, e.Entity)
		}
		if other, taken := seen[e.MessageID]; taken {
			t.Errorf("site %q has the message id of site %q", scope, other)
		}
		if seen[e.MessageID] = scope; body != "" && string(e.Body) != body {
			t.Errorf("site %q sends another body: %s", scope, e.Body)
		}
		body = string(e.Body)
	}
}

func TestEntityID(t *testing.T) {
	plain := newMapper(t, testOptions(func(o *Options) { o.Scope = "paris" }))
	named := newMapper(t, testOptions(func(o *Options) {
		o.Component, o.Resource = "$HOSTALIAS$", "$SERVICEDISPLAYNAME$ of $_HOSTSITE$"
	}))
	inv := testInventory()
	for _, c := range []struct {
		m    *Mapper
		e    supervision.Entity
		want string
	}{
		{plain, host, "h00"},
		{plain, service, "svc0/h00"},
		{plain, supervision.Entity{Host: "d\xe9faut"}, "défaut"},
		{plain, supervision.Entity{}, ""},
		{plain, supervision.Entity{Host: "\x01"}, ""},
		{plain, supervision.Entity{Host: "h", Service: "\x01"}, ""},
		{named, host, "Host 0"},
		{named, service, "The service of paris-0/Host 0"},
		{named, supervision.Entity{Host: "h9"}, "h9"},
	} {
		if got := c.m.EntityID(c.e, inv); got != c.want {
			t.Errorf("%q: %q, want %q", c.e, got, c.want)
		}
	}
	if got := plain.EntityID(service, nil); got != "svc0/h00" {
		t.Errorf("without an inventory: %q", got)
	}
	// The events have the same.
	rec := checkRecord(service, supervision.OK)
	rec.Check.Extra = map[string]string{"HOSTALIAS": "of the record"}
	events, _ := named.Map(nil, rec, inv, nil, now)
	if id := named.EntityID(service, inv); events[0].Entity != id {
		t.Errorf("the event has %q, EntityID returns %q", events[0].Entity, id)
	}
}

func TestMessageID(t *testing.T) {
	m := newMapper(t, testOptions())
	base := checkRecord(service, supervision.OK)
	first, _, _ := mapOne(t, m, base)
	again, _ := newMapper(t, testOptions()).Map(nil, base, nil, nil, now.Add(time.Hour))
	if again[0].MessageID != first.MessageID || len(first.MessageID) != 32 {
		t.Errorf("%q, later %q", first.MessageID, again[0].MessageID)
	}
	seen := map[string]string{first.MessageID: "itself"}
	for name, change := range map[string]func(*supervision.Record){
		"ref":      func(r *supervision.Record) { r.Ref = "x" },
		"time":     func(r *supervision.Record) { r.Time = r.Time.Add(1) },
		"kind":     func(r *supervision.Record) { r.Kind = supervision.PresentState },
		"host":     func(r *supervision.Record) { r.Entity.Host = "h0" },
		"boundary": func(r *supervision.Record) { r.Entity = supervision.Entity{Host: "h00s", Service: "vc0"} },
	} {
		rec := *base
		change(&rec)
		e, _, _ := mapOne(t, m, &rec)
		if other, taken := seen[e.MessageID]; taken {
			t.Errorf("a record with another %s has the id of %s", name, other)
		}
		seen[e.MessageID] = name
	}
}
