package journal

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"maps"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// ledger is the one row of the table of that name.
type ledger struct {
	lastID int64 // the greatest event id ever used
	events int64 // stored
	// newest is the greatest id of each route of which there may be events.
	newest map[outbox.Route]int64
}

func (l ledger) clone() ledger {
	l.newest = maps.Clone(l.newest)
	if l.newest == nil {
		l.newest = map[outbox.Route]int64{}
	}
	return l
}

func (l ledger) equal(other ledger) bool {
	return l.lastID == other.lastID && l.events == other.events && maps.Equal(l.newest, other.newest)
}

// add counts an event that is stored.
func (l *ledger) add(id int64, route outbox.Route) {
	l.events++
	l.lastID = max(l.lastID, id)
	l.newest[route] = max(l.newest[route], id)
}

func (l ledger) encodeNewest() string {
	b, err := json.Marshal(l.newest)
	if err != nil { // not with a map from strings to numbers
		return "{}"
	}
	return string(b)
}

// readLedger reads the ledger, and reports whether its checksum is right.
func readLedger(conn *sql.Conn, sum *checksum) (l ledger, sound bool, err error) {
	var crc int64
	var newest string
	err = conn.QueryRowContext(context.Background(), sqlLedger).Scan(&l.lastID, &l.events, &newest, &crc)
	if errors.Is(err, sql.ErrNoRows) {
		return ledger{}.clone(), true, nil // nothing was ever stored
	}
	if err != nil && resultCode(err) == 0 {
		return ledger{}.clone(), false, nil // a column of another type
	}
	if err != nil {
		return ledger{}.clone(), false, err
	}
	if json.Unmarshal([]byte(newest), &l.newest) != nil || sum.ledger(l) != crc {
		return l.clone(), false, nil
	}
	return l.clone(), true, nil
}

// countEvents makes a ledger from the events themselves.
func countEvents(conn *sql.Conn) (ledger, error) {
	l := ledger{}.clone()
	rows, err := conn.QueryContext(context.Background(), sqlCount)
	if err != nil {
		return l, err
	}
	defer rows.Close()
	for rows.Next() {
		var route outbox.Route
		var last, events int64
		if err := rows.Scan(&route, &last, &events); err != nil {
			return l, err
		}
		l.newest[route] = last
		l.lastID = max(l.lastID, last)
		l.events += events
	}
	return l, rows.Err()
}
