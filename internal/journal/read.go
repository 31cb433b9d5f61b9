package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// Read gives events with ids above after, in order: up to count, and up to
// about maxBytes of their bodies, but at least one if there is one. A damaged
// one is set aside, reported, counted, and left out.
func (j *Journal) Read(ctx context.Context, after int64, count, maxBytes int) ([]outbox.Message, error) {
	for repaired := false; ; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		page, err := j.readPage(after, count, maxBytes)
		if isDamage(err) && !repaired {
			repaired = true
			if err := j.perform(ctx, func(w *writer) error { return w.repairUnless(page.store, err) }); err != nil {
				return nil, err
			}
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the journal %s: %w", j.opts.Path, err)
		}
		if len(page.damaged) > 0 {
			if err := j.perform(ctx, func(w *writer) error { return w.setAsideEvents(page.damaged) }); err != nil {
				return nil, err
			}
			after = page.last
		}
		if len(page.entries) > 0 || len(page.damaged) == 0 {
			return page.entries, nil
		}
	}
}

// page is what one look into the events gives.
type page struct {
	entries []outbox.Message
	damaged []int64
	last    int64  // id of the last row that was looked at
	store   *store // where
}

func (j *Journal) readPage(after int64, count, maxBytes int) (page, error) {
	j.readMu.Lock()
	defer j.readMu.Unlock()
	p := page{store: j.store, last: after}
	rows, err := j.store.read.Query(after, count)
	if err != nil {
		return p, err
	}
	defer rows.Close()
	for size := 0; size < maxBytes && rows.Next(); {
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
			continue
		}
		if p.entries == nil {
			p.entries = make([]outbox.Message, 0, min(count, 1024))
		}
		p.entries = append(p.entries, entry)
		size += len(entry.Body)
	}
	return p, rows.Err()
}

// scanEntry reads a row of sqlRead. Of a row that isn't sound only the id is
// certain.
func scanEntry(rows *sql.Rows, sum *checksum) (e outbox.Message, sound bool, err error) {
	var micro, crc int64
	var supersedable int64
	err = rows.Scan(&e.ID, &e.Entity, &e.RoutingKey, &e.MessageID, &micro, &supersedable, &crc, &e.Body)
	if err != nil {
		// A flipped byte may have made the column one of another type.
		var skipped any
		err = rows.Scan(&e.ID, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped, &skipped)
		return e, false, err
	}
	e.Time = time.UnixMicro(micro)
	e.Supersedable = supersedable != 0
	return e, sum.event(e.ID, &e.Event) == crc, nil
}

// Wait returns when there is an event with an id above after.
func (j *Journal) Wait(ctx context.Context, after int64) error {
	for {
		j.mu.Lock()
		last, changed := j.lastID, j.changed
		j.mu.Unlock()
		if last > after {
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

// Position gives the position that a source has stored, nil if there is none or
// it is damaged.
func (j *Journal) Position(source string) ([]byte, error) {
	j.readMu.Lock()
	defer j.readMu.Unlock()
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

// States calls yield for each stored state, until it returns an error, which
// States then returns. Damaged ones are left out. yield must not call the
// journal, and value is its own.
func (j *Journal) States(yield func(key string, value []byte) error) error {
	j.readMu.Lock()
	defer j.readMu.Unlock()
	recent, damaged, err := readRecent(j.store.recent, j.readSum)
	if err == nil {
		var more int64
		more, err = j.readStates(recent, yield)
		damaged += more
	}
	if isDamage(err) {
		damaged++
		err = nil
	}
	if damaged > 0 {
		j.reportLoss("states are damaged: they count as unknown", damaged)
	}
	return err
}

// readStates yields the table of states, where recent has nothing newer, and
// then recent. It gives the number of damaged rows.
func (j *Journal) readStates(recent map[string][]byte, yield func(string, []byte) error) (damaged int64, err error) {
	rows, err := j.store.states.Query()
	if err != nil {
		return 0, fmt.Errorf("reading the states from the journal %s: %w", j.opts.Path, err)
	}
	defer rows.Close()
	for rows.Next() {
		var key string
		var value []byte
		var crc int64
		if rows.Scan(&key, &value, &crc) != nil || j.readSum.pair("states", key, value) != crc {
			damaged++
			continue
		}
		if _, newer := recent[key]; newer {
			continue
		}
		if err := yield(key, value); err != nil {
			return damaged, err
		}
	}
	if err := rows.Err(); err != nil {
		return damaged, err
	}
	for _, key := range slices.Sorted(maps.Keys(recent)) {
		if recent[key] == nil {
			continue
		}
		if err := yield(key, recent[key]); err != nil {
			return damaged, err
		}
	}
	return damaged, nil
}
