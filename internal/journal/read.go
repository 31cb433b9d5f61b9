package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// pageRows is how many rows one look into the events reads at least: enough to
// pass over the events of other targets, and few enough for a commit to wait
// for.
const pageRows = 256

// Read returns the events of a target's routes with ids above after, in order:
// up to count, and up to about maxBytes of their bodies, but at least one if
// there is one. A damaged one is set aside, reported, counted, and left out.
func (j *Journal) Read(ctx context.Context, target string, after int64, count, maxBytes int) ([]outbox.Message, error) {
	j.mu.Lock()
	routes, last := j.cursors.routes(target), j.lastID
	entries, known := j.fresh.after(after, routes, count, maxBytes)
	j.mu.Unlock()
	if len(routes) == 0 {
		return nil, unknownTarget(target)
	}
	var err error
	if !known {
		entries, err = j.read(ctx, routes, after, count, maxBytes)
	}
	if err == nil && len(entries) == 0 {
		j.noteScanned(target, span{after, last})
	}
	return entries, err
}

// read returns events of routes, each from after an id of its own on.
func (j *Journal) read(ctx context.Context, routes map[outbox.Route]int64, after int64, count, maxBytes int) (
	[]outbox.Message, error,
) {
	for repaired := false; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		p, err := j.readPage(routes, after, count, maxBytes)
		if isDamage(err) && !repaired {
			repaired = true
			if err := j.perform(ctx, func(w *writer) error { return w.repairUnless(p.store, err) }); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the journal %s: %w", j.opts.Path, err)
		}
		if len(p.damaged) > 0 {
			if err := j.perform(ctx, func(w *writer) error { return w.setAsideEvents(p.damaged) }); err != nil {
				return nil, err
			}
		}
		if len(p.entries) > 0 || !p.more {
			return p.entries, nil
		}
		after = p.last
	}
}

// span is a range of ids, from which is not part of it, in which a target has
// found no event.
type span struct{ from, to int64 }

func (j *Journal) noteScanned(target string, s span) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.scanned[target] = s
}

// page is the result of one look into the events.
type page struct {
	entries []outbox.Message
	damaged []int64
	last    int64  // id of the last row that was looked at
	more    bool   // there may be events after it
	store   *store // where
}

func (j *Journal) readPage(routes map[outbox.Route]int64, after int64, count, maxBytes int) (page, error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	p := page{store: j.store, last: after}
	limit := max(count, pageRows)
	rows, err := j.store.read.Query(after, limit)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for seen, size := 0, 0; rows.Next(); seen++ {
		entry, sound, err := scanEntry(rows, j.readSum)
		if err != nil {
			return p, err
		}
		if entry.ID <= p.last {
			return p, errDisorder // it would go on for ever
		}
		p.last = entry.ID
		if !sound {
			p.damaged = append(p.damaged, entry.ID)
		} else if released, ours := routes[entry.Route]; ours && entry.ID > released {
			if p.entries == nil {
				p.entries = make([]outbox.Message, 0, min(count, 1024))
			}
			p.entries = append(p.entries, entry)
			size += len(entry.Body)
		}
		if p.more = seen+1 == limit || len(p.entries) >= count || size >= maxBytes; p.more {
			break
		}
	}
	return p, rows.Err()
}

// scanEntry reads a row of eventColumns. Of a row that isn't sound only the id
// is certain.
func scanEntry(rows *sql.Rows, sum *checksum) (e outbox.Message, sound bool, err error) {
	var micro, supersedable, crc int64
	var route string // database/sql needs reflection for any other string type
	err = rows.Scan(&e.ID, &e.Entity, &e.RoutingKey, &e.MessageID, &micro, &supersedable, &crc, &e.Body, &route)
	if err != nil {
		// A flipped byte may have made the column one of another type.
		var skipped any
		err = rows.Scan(&e.ID, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped)
		return e, false, err
	}
	e.Time = time.UnixMicro(micro)
	e.Supersedable = supersedable != 0
	e.Route = outbox.Route(route)
	return e, sum.event(e.ID, &e.Event) == crc, nil
}

// Wait returns when there may be an event of the target's routes with an id
// above after.
func (j *Journal) Wait(ctx context.Context, target string, after int64) error {
	for {
		j.mu.Lock()
		newest, known := j.newestFor(target)
		from := after
		if s, scanned := j.scanned[target]; scanned && s.from <= after {
			from = max(after, s.to)
		}
		changed := j.changed
		j.mu.Unlock()
		if !known {
			return unknownTarget(target)
		}
		if newest > from {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		case <-j.finished:
			return ErrClosed
		}
	}
}

// newestFor returns the id of the newest event of a target's routes.
func (j *Journal) newestFor(target string) (newest int64, known bool) {
	for c := range j.cursors {
		if c.target == target {
			newest, known = max(newest, j.newest[c.route]), true
		}
	}
	return newest, known
}

// Position returns the position that is stored under a source's full key, nil
// if there is none or it is damaged.
func (j *Journal) Position(source string) ([]byte, error) {
	j.dbMu.Lock()
	defer j.dbMu.Unlock()
	var position []byte
	var crc int64
	err := j.store.position.QueryRow(source).Scan(&position, &crc)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err == nil && j.readSum.pair("positions", source, position) == crc:
		return append([]byte{}, position...), nil // an empty one is not nil
	case err == nil || isDamage(err):
		j.reportLoss("position of a source is damaged: it starts anew", 1, "source", source)
		return nil, nil
	}
	return nil, fmt.Errorf("reading the position of %s from the journal %s: %w", source, j.opts.Path, err)
}
