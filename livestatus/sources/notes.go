package sources

import (
	"context"

	"github.com/nagios2canopsis/nagios2canopsis/internal/snapshot"
	"github.com/nagios2canopsis/nagios2canopsis/livestatus"
)

// The values of entry_type that we read (include/comments.h of Nagios); the others are
// of the comments that a core adds for downtimes and flapping.
const (
	entryUser            = 1
	entryAcknowledgement = 4
)

// readComments reads the comments that users wrote, and the texts of acknowledgements.
func (p *poll) readComments(ctx context.Context) error {
	l := p.layouts.comments
	q := livestatus.Query{Table: l.table, Columns: l.names, Filters: []livestatus.Filter{livestatus.Any(
		l.filter(entryType, "=", "1"), l.filter(entryType, "=", "4"))}}
	_, err := p.table(ctx, q, snapshot.Comments, func(row []livestatus.Value) error {
		v := values{row: row, layout: l}
		p.takeComment(&v)
		if v.err != nil {
			p.reject(&v)
		}
		return nil
	})
	return err
}

func (p *poll) takeComment(v *values) {
	kind := v.integer(entryType)
	if v.err != nil || kind != entryUser && kind != entryAcknowledgement {
		return
	}
	name := v.name()
	key := snapshot.Key{ID: v.integer(id), Entry: v.time(entryTime)}
	if v.err != nil || p.reading.Comment(name, key) {
		return
	}
	if note := commentOf(v, key); v.err == nil {
		p.reading.AddComment(name, key.Entry, note, kind == entryAcknowledgement)
	}
}

// readDowntimes reads the downtimes. No server reports whether one is in effect, or
// when a flexible one began: the depth of the object shows that it is in one.
func (p *poll) readDowntimes(ctx context.Context) error {
	l := p.layouts.downtimes
	q := livestatus.Query{Table: l.table, Columns: l.names}
	_, err := p.table(ctx, q, snapshot.Downtimes, func(row []livestatus.Value) error {
		v := values{row: row, layout: l}
		p.takeDowntime(&v)
		if v.err != nil {
			p.reject(&v)
		}
		return nil
	})
	return err
}

func (p *poll) takeDowntime(v *values) {
	name := v.name()
	key := snapshot.Key{ID: v.integer(id), Entry: v.time(entryTime)}
	if v.err != nil || p.reading.Downtime(name, key, snapshot.DowntimeProgress{}) {
		return
	}
	if details := downtimeOf(v, key); v.err == nil {
		p.reading.AddDowntime(name, details, snapshot.DowntimeProgress{})
	}
}
