package journal

import (
	"context"
	"database/sql"
	"maps"
	"math"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// cursors hold how far each target has released each of its routes. A value is
// never changed once the journal has it: changes are made to a clone.
type cursors map[cursor]int64

type cursor struct {
	target string
	route  outbox.Route
}

func (c cursors) set(target string, route outbox.Route, released int64) {
	c[cursor{target, route}] = released
}

// of returns the id up to which a target has released all of its routes.
func (c cursors) of(target string) (released int64, known bool) {
	released = math.MaxInt64
	for cursor, id := range c {
		if cursor.target == target {
			released, known = min(released, id), true
		}
	}
	return released, known
}

// routes returns the cursors of one target by route.
func (c cursors) routes(target string) map[outbox.Route]int64 {
	routes := map[outbox.Route]int64{}
	for cursor, id := range c {
		if cursor.target == target {
			routes[cursor.route] = id
		}
	}
	return routes
}

// floor returns the id up to which all targets that serve a route have released
// it, and whether there is one.
func (c cursors) floor(route outbox.Route) (released int64, served bool) {
	released = math.MaxInt64
	for cursor, id := range c {
		if cursor.route == route {
			released, served = min(released, id), true
		}
	}
	return released, served
}

// moved returns the cursors after releases, none of which goes beyond lastID.
func (c cursors) moved(releases []*release, lastID int64) cursors {
	if len(releases) == 0 {
		return c
	}
	moved := maps.Clone(c)
	for _, r := range releases {
		for cursor, before := range moved {
			if cursor.target == r.target {
				moved[cursor] = max(before, min(r.upTo, lastID))
			}
		}
	}
	return moved
}

// released returns the cursor of each target.
func (c cursors) released() map[string]int64 {
	released := map[string]int64{}
	for cursor := range c {
		released[cursor.target], _ = c.of(cursor.target)
	}
	return released
}

// readCursors reads the table of targets, and counts the rows that are damaged.
func readCursors(conn *sql.Conn, sum *checksum) (read cursors, damaged int64, err error) {
	rows, err := conn.QueryContext(context.Background(), sqlTargets)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	read = cursors{}
	for rows.Next() {
		var target string
		var route outbox.Route
		var released, crc int64
		if rows.Scan(&target, &route, &released, &crc) != nil || sum.cursor(target, route, released) != crc {
			damaged++
			continue
		}
		read.set(target, route, released)
	}
	return read, damaged, rows.Err()
}
