package logfile

import (
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/supervision"
)

// longestDowntime keeps a duration within what time.Duration can hold.
const longestDowntime = int64(1<<63-1) / int64(time.Second)

// schedule: "entity or group;start;end;fixed;trigger id;duration;author;comment".
// A nil entity means that a group is named.
func schedule(entity func(*fields) (supervision.Entity, error), scope supervision.DowntimeScope) parseCommand {
	return func(f *fields) ([]supervision.Record, error) {
		d := &supervision.Downtime{Scope: scope}
		rec := supervision.Record{Kind: supervision.DowntimeScheduled, Downtime: d}
		var err error
		if entity == nil {
			d.Group, err = f.text("group")
		} else {
			rec.Entity, err = entity(f)
		}
		if err != nil {
			return nil, err
		}
		if err := scheduleTerms(f, d); err != nil {
			return nil, err
		}
		return []supervision.Record{rec}, nil
	}
}

func scheduleTerms(f *fields, d *supervision.Downtime) (err error) {
	if d.Start, err = f.moment("start"); err != nil {
		return err
	}
	if d.End, err = f.moment("end"); err != nil {
		return err
	}
	fixed, err := f.option("fixed")
	if err != nil {
		return err
	}
	d.Fixed = fixed > 0
	if d.TriggeredBy, err = f.option("trigger id"); err != nil {
		return err
	}
	seconds, err := f.option("duration")
	if err != nil {
		return err
	}
	d.Duration = time.Duration(min(seconds, longestDowntime)) * time.Second
	return authored(f, &d.Author, &d.Comment)
}

// deleteDowntime: "id". As with comments, the record has no entity.
func deleteDowntime(f *fields) ([]supervision.Record, error) {
	id, err := f.number("downtime id")
	return []supervision.Record{{
		Kind: supervision.DowntimeCancelled, Downtime: &supervision.Downtime{ID: id},
	}}, err
}

// The three commands below cancel every downtime that agrees with all that
// they name; what they leave out is empty in the record. Where they name no
// service, the downtimes of the host and those of its services are meant, which
// takes two records.

// deleteDowntimeByHost: "host[;service[;start[;comment]]]".
func deleteDowntimeByHost(f *fields) ([]supervision.Record, error) {
	e, err := host(f)
	if err != nil {
		return nil, err
	}
	e.Service = string(f.optional())
	d, err := filterTerms(f)
	if err != nil {
		return nil, err
	}
	if e.Service != "" {
		return cancelled(e, d, supervision.ScopeEntity), nil
	}
	return cancelled(e, d, supervision.ScopeEntity, supervision.ScopeHostServices), nil
}

// deleteDowntimeByHostgroup: "group[;host[;service[;start[;comment]]]]". A host
// narrows the group to that host. A service without a host stands in the
// record's entity: it is meant on every host of the group.
func deleteDowntimeByHostgroup(f *fields) ([]supervision.Record, error) {
	group, err := f.text("group")
	if err != nil {
		return nil, err
	}
	if len(f.left) > 0 && f.left[0] != ';' {
		return deleteDowntimeByHost(f)
	}
	f.optional()
	e := supervision.Entity{Service: string(f.optional())}
	d, err := filterTerms(f)
	if err != nil {
		return nil, err
	}
	d.Group = group
	if e.Service != "" {
		return cancelled(e, d, supervision.ScopeHostgroupServices), nil
	}
	return cancelled(e, d, supervision.ScopeHostgroupHosts, supervision.ScopeHostgroupServices), nil
}

// deleteDowntimeByStart: "start[;comment]", of whatever host or service.
func deleteDowntimeByStart(f *fields) ([]supervision.Record, error) {
	d, err := filterTerms(f)
	if err != nil {
		return nil, err
	}
	if d.Start.IsZero() && d.Comment == "" {
		return nil, &malformed{"start", "neither a start nor a comment"}
	}
	return cancelled(supervision.Entity{}, d, supervision.ScopeEntity), nil
}

// filterTerms reads "[start[;comment]]".
func filterTerms(f *fields) (d supervision.Downtime, err error) {
	if f.end {
		return d, nil
	}
	start, err := f.option("start")
	if err != nil {
		return d, err
	}
	if d.Start, err = optionalTime("start", start); err != nil {
		return d, err
	}
	d.Comment = f.remainder()
	return d, nil
}

func cancelled(e supervision.Entity, d supervision.Downtime, scopes ...supervision.DowntimeScope) []supervision.Record {
	records := make([]supervision.Record, len(scopes))
	for i, scope := range scopes {
		of := d
		of.Scope = scope
		records[i] = supervision.Record{Kind: supervision.DowntimeCancelled, Entity: e, Downtime: &of}
	}
	return records
}
