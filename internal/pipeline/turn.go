package pipeline

import (
	"github.com/nagios2canopsis/nagios2canopsis/eventmap"
	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
	"github.com/nagios2canopsis/nagios2canopsis/internal/tally"
	"github.com/nagios2canopsis/nagios2canopsis/internal/timeline"
)

// turn turns the records of one batch into events.
type turn struct {
	*intake
	source   string // of the record at hand; of a held one its own reader
	batch    string // the source of the batch
	unjudged bool
	events   []outbox.Event
	stored   [supervision.SupervisorStopped + 1]int // events, by the kind of the record
}

// record judges and maps one record, and what follows from it. A downtime for
// a group is one for each of its members.
func (t *turn) record(rec *supervision.Record) {
	if d := rec.Downtime; d != nil && d.Scope != supervision.ScopeEntity {
		t.group(rec)
		return
	}
	if rec.Kind == supervision.ServicesAcknowledged {
		t.services(rec)
		return
	}
	if t.unjudged {
		t.send(rec)
		return
	}
	if t.isPhantom(rec) {
		t.notSent(tally.Notable, rec, "the supervisor has no such service")
		return
	}
	t.timeline.Take(rec, t.source, t.now(), t.decided)
}

// decided carries out what the timeline decided of a record: of the one at hand,
// or of one that was held.
func (t *turn) decided(d timeline.Decision) {
	source := t.source
	t.source = d.Source
	defer func() { t.source = source }()
	switch d.Reason {
	case timeline.ToSend:
		t.mark(d)
		t.send(d.Record)
	case timeline.StateUnknown, timeline.Late, timeline.Unconfirmed, timeline.TooManyWaited:
		t.notSent(tally.Notable, d.Record, string(d.Reason))
	default:
		t.notSent(tally.Quiet, d.Record, string(d.Reason))
	}
}

// mark counts an event that is more than what a reader reported.
func (t *turn) mark(d timeline.Decision) {
	if d.Mark != timeline.NoMark && d.Mark != timeline.Derived {
		t.tally.Add(tally.Quiet, t.key(whatMarked, d.Source, d.Record.Kind.String(), string(d.Mark)), 1, "")
	}
}

// group splits a downtime of a group into those of its members.
func (t *turn) group(rec *supervision.Record) {
	d := rec.Downtime
	if rec.Kind == supervision.DowntimeCancelled && d.Text == "" {
		t.notSent(tally.Quiet, rec, string(timeline.OnlyAnOrder))
		return
	}
	members := t.members(d.Scope, rec.Entity, d.Group)
	if len(members) == 0 {
		key := t.key(whatNotSent, t.source, rec.Kind.String(), "the group has no members in the object cache")
		t.tally.Add(tally.Notable, key, 1, d.Group+" "+rec.Entity.String())
	}
	for _, member := range members {
		one, of := *rec, *d
		of.Scope, of.Group = supervision.ScopeEntity, ""
		one.Entity, one.Downtime = member, &of
		one.Ref += "#" + member.String()
		t.record(&one)
	}
}

// members returns whom an order means. Where the object cache doesn't know the host,
// these are its services that were seen, or the host without its children.
func (t *turn) members(scope supervision.DowntimeScope, of supervision.Entity, group string) []supervision.Entity {
	members := t.inventory.Members(scope, of, group)
	switch {
	case len(members) > 0:
	case scope == supervision.ScopeHostServices:
		return t.timeline.ServicesOf(of.Host)
	case scope == supervision.ScopeHostPropagated:
		return []supervision.Entity{{Host: of.Host}}
	}
	return members
}

// services splits the acknowledgement of a host's services into one for each. That of
// a service without a problem is refused as any other.
func (t *turn) services(rec *supervision.Record) {
	members := t.members(supervision.ScopeHostServices, rec.Entity, "")
	if len(members) == 0 {
		t.notSent(tally.Notable, rec, "no service of the host is known")
	}
	for _, member := range members {
		one, note := *rec, *rec.Note
		one.Kind, one.Entity, one.Note = supervision.Acknowledged, member, &note
		one.Ref += "#" + member.String()
		t.record(&one)
	}
}

// isPhantom reports whether a record is an order about a service that doesn't
// exist: the log shows it although the supervisor refuses it. The object cache
// may lag behind, so a service of which there was a result exists.
func (t *turn) isPhantom(rec *supervision.Record) bool {
	if rec.Note == nil && rec.Downtime == nil || rec.Entity.IsHost() || t.timeline.Knows(rec.Entity) {
		return false
	}
	host := supervision.Entity{Host: rec.Entity.Host}
	return t.inventory.Object(host) != nil && t.inventory.Object(rec.Entity) == nil
}

// send maps a record. Events that no target takes are counted, not kept.
func (t *turn) send(rec *supervision.Record) {
	n := len(t.events)
	flags := t.timeline.Flags(rec.Entity)
	var out eventmap.Outcome
	t.events, out = t.mapperOf(t.source).Map(t.events, rec, t.inventory, &flags, t.now())
	kept := t.events[:n]
	for _, e := range t.events[n:] {
		if !t.serves(e.Route) {
			t.tally.Add(tally.Quiet, t.key(whatNotServed, t.source, rec.Kind.String(), string(e.Route)), 1, "")
			continue
		}
		kept = append(kept, e)
	}
	t.events = kept
	t.countEvents(rec.Kind, len(t.events)-n)
	t.account(rec, out)
}

// countEvents counts the events of a record: those of the batch's own source
// together, at its end.
func (t *turn) countEvents(kind supervision.Kind, n int) {
	if t.source == t.batch {
		t.stored[kind] += n
		return
	}
	t.tally.Add(tally.Quiet, t.key(whatStored, t.source, kind.String(), ""), n, "")
}

// countStored counts the events of the batch.
func (t *turn) countStored() {
	for kind, n := range t.stored {
		t.tally.Add(tally.Quiet, t.key(whatStored, t.batch, supervision.Kind(kind).String(), ""), n, "")
	}
}

// account counts what became of a record that was to be sent.
func (t *turn) account(rec *supervision.Record, out eventmap.Outcome) {
	for repair := range out.Repairs.Names() {
		t.tally.Add(tally.Quiet, t.key(whatRepaired, t.source, rec.Kind.String(), repair), 1, rec.Entity.String())
	}
	switch out.Reason {
	case eventmap.Sent:
	case eventmap.Unmappable:
		t.setAside([]supervision.Rejected{{
			Source: t.source, Where: rec.Ref,
			Reason: rec.Kind.String() + ": " + out.Detail, Raw: []byte(rec.Entity.String()),
		}})
	case eventmap.StateNotReported:
		t.notSent(tally.Notable, rec, out.Reason.String())
	default:
		t.notSent(tally.Quiet, rec, out.Reason.String())
	}
}

// notSent counts a record that is not sent.
func (t *turn) notSent(level tally.Level, rec *supervision.Record, reason string) {
	example := ""
	if level == tally.Notable {
		example = rec.Entity.String()
	}
	t.tally.Add(level, t.key(whatNotSent, t.source, rec.Kind.String(), reason), 1, example)
}
