package journal

import (
	"context"
	"database/sql"
	"errors"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"
)

// What follows reads the tables of schema version 1 that later versions don't
// have. All events of that version are for the bus.

// tally1 is the checksum of the table "tally".
func (c *checksum) tally1(lastID, events int64) int64 {
	c.buf = c.buf[:0]
	c.text("tally")
	c.text("")
	c.number(lastID)
	c.number(events)
	return c.sum()
}

// publisher1 is the checksum of the table "publishers".
func (c *checksum) publisher1(name string, released int64) int64 {
	c.buf = c.buf[:0]
	c.text("publishers")
	c.text(name)
	c.number(released)
	return c.sum()
}

func readTally1(conn *sql.Conn, sum *checksum) (l ledger, sound bool, err error) {
	l = ledger{}.clone()
	var crc int64
	row := conn.QueryRowContext(context.Background(), "SELECT last_id, events, crc32c FROM tally")
	err = row.Scan(&l.lastID, &l.events, &crc)
	if errors.Is(err, sql.ErrNoRows) {
		return l, true, nil
	}
	if err != nil && resultCode(err) == 0 {
		return ledger{}.clone(), false, nil // a column of another type
	}
	if l.lastID > 0 {
		l.newest[outbox.Bus] = l.lastID
	}
	return l, sum.tally1(l.lastID, l.events) == crc, err
}

func readPublishers1(conn *sql.Conn, sum *checksum) (read cursors, damaged int64, err error) {
	rows, err := conn.QueryContext(context.Background(), "SELECT name, released, crc32c FROM publishers")
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	read = cursors{}
	for rows.Next() {
		var name string
		var released, crc int64
		if rows.Scan(&name, &released, &crc) != nil || sum.publisher1(name, released) != crc {
			damaged++
			continue
		}
		read.set(name, outbox.Bus, released)
	}
	return read, damaged, rows.Err()
}
