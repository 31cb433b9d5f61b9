package journal

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"math"
	"net/url"
	"path/filepath"
	"slices"

	"github.com/nagios2canopsis/nagios2canopsis/internal/outbox"

	"modernc.org/sqlite"
)

// salvagePage is the number of rows that are copied in one transaction.
const salvagePage = 500

// salvaged counts the events that came over. missing is 0 if the damaged file's
// ledger can't be read.
type salvaged struct {
	events, missing int64
}

// salvage copies what is legible of the journal at path into a new one at
// fresh. Its error is about the new one: whatever happens to the old one ends
// the copying of that table, no more.
func (w *writer) salvage(path, fresh string) (found salvaged, err error) {
	to, err := openStore(fresh, w.sum)
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, to.close()) }()

	absolute, err := filepath.Abs(path)
	if err != nil {
		return found, err
	}
	connector, err := sqlite.NewConnector("file:" + (&url.URL{Path: absolute}).EscapedPath() + "?mode=ro")
	if err != nil {
		return found, err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	from, err := db.Conn(context.Background())
	if err != nil {
		return found, nil
	}
	defer from.Close()
	// Otherwise SQLite refuses a file as a whole that has lost its end.
	if _, err := from.ExecContext(context.Background(), "PRAGMA writable_schema = ON"); err != nil {
		return found, nil
	}
	return copyAll(from, to, w.sum)
}

// layout is how a schema version stores what later versions store differently.
type layout struct {
	columns string // those of eventColumns, in their order
	ledger  func(*sql.Conn, *checksum) (l ledger, sound bool, err error)
	cursors func(*sql.Conn, *checksum) (read cursors, damaged int64, err error)
}

// layouts are those that a damaged file may have, the present one first.
var layouts = []layout{
	{eventColumns, readLedger, readCursors},
	{`id, entity, routing_key, message_id, time_us, supersedable, crc32c, body, 'bus'`, readTally1, readPublishers1},
}

// layoutOf returns the first layout that the file allows. Its version number may
// be damaged as well.
func layoutOf(from *sql.Conn) layout {
	for _, l := range layouts {
		query, err := from.PrepareContext(context.Background(), "SELECT "+l.columns+" FROM events")
		if err == nil {
			query.Close()
			return l
		}
	}
	return layouts[0]
}

func copyAll(from *sql.Conn, to *store, sum *checksum) (found salvaged, err error) {
	old := layoutOf(from)
	before, known, ledgerErr := old.ledger(from, sum)
	found.events, err = copyEvents(from, to, sum, before, old.columns)
	if err != nil {
		return found, err
	}
	if known && ledgerErr == nil {
		found.missing = max(0, before.events-found.events)
	}
	cursors, _, _ := old.cursors(from, sum)
	setCursors := func(t *transaction) error { return t.setCursors(nil, cursors) }
	if _, err := to.transact(sum, ledger{}, setCursors); err != nil {
		return found, err
	}
	err = copyPairs(from, to, sum, sqlPositions, "positions", func(t *transaction, key string, value []byte) error {
		return t.setPosition(key, value)
	})
	if err != nil {
		return found, err
	}
	err = copyPairs(from, to, sum, sqlStates, "states", func(t *transaction, key string, value []byte) error {
		return t.setState(outbox.State{Key: key, Value: value})
	})
	if err != nil {
		return found, err
	}
	return found, copyRecent(from, to, sum)
}

// copyRecent copies the recent states that are legible over the others.
func copyRecent(from *sql.Conn, to *store, sum *checksum) error {
	query, err := from.PrepareContext(context.Background(), sqlRecent)
	if err != nil {
		return nil
	}
	defer query.Close()
	recent, _, _ := readRecent(query, sum)
	_, err = to.transact(sum, ledger{}, func(t *transaction) error {
		for key, value := range recent {
			if err := t.setState(outbox.State{Key: key, Value: value}); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}

// copyEvents goes forward from the oldest event to the first illegible page,
// then backward from the newest one to the last.
func copyEvents(from *sql.Conn, to *store, sum *checksum, before ledger, columns string) (int64, error) {
	// The ledger must be there even if no event is.
	at, err := to.transact(sum, ledger{}, func(t *transaction) error { t.ledger.lastID = before.lastID; return nil })
	if err != nil {
		return 0, err
	}
	const (
		forwards  = " FROM events WHERE id > ? ORDER BY id LIMIT ?"
		backwards = " FROM events WHERE id < ? ORDER BY id DESC LIMIT ?"
	)
	forward := int64(0)
	for more := true; more && err == nil; {
		var p page
		p, more = legible(from, sum, "SELECT "+columns+forwards, forward, 1)
		forward = p.last
		at, err = insertAll(to, sum, at, p.entries)
	}
	backward := int64(math.MaxInt64)
	for more := true; more && err == nil; {
		var p page
		p, more = legible(from, sum, "SELECT "+columns+backwards, backward, -1)
		backward = p.last
		p.entries = slices.DeleteFunc(p.entries, func(e outbox.Message) bool { return e.ID <= forward })
		at, err = insertAll(to, sum, at, p.entries)
		more = more && backward > forward
	}
	return at.events, err
}

// legible returns the next sound events after edge in the order of the query,
// which is up (1) or down (-1), and whether there may be more after them.
func legible(from *sql.Conn, sum *checksum, query string, edge int64, direction int) (p page, more bool) {
	p.last = edge
	rows, err := from.QueryContext(context.Background(), query, edge, salvagePage)
	if err != nil {
		return p, false
	}
	defer rows.Close()
	for rows.Next() {
		entry, sound, err := scanEntry(rows, sum)
		if err != nil || cmp.Compare(entry.ID, p.last) != direction {
			return p, false
		}
		p.last, more = entry.ID, true
		if sound {
			p.entries = append(p.entries, entry)
		}
	}
	return p, more && rows.Err() == nil
}

func insertAll(to *store, sum *checksum, at ledger, entries []outbox.Message) (ledger, error) {
	return to.transact(sum, at, func(t *transaction) error {
		for i := range entries {
			if err := t.insert(entries[i].ID, &entries[i].Event); err != nil {
				return err
			}
		}
		return nil
	})
}

// copyPairs copies a table of keys and values.
func copyPairs(from *sql.Conn, to *store, sum *checksum, query, table string,
	put func(*transaction, string, []byte) error,
) error {
	rows, err := from.QueryContext(context.Background(), query)
	if err != nil {
		return nil
	}
	defer rows.Close()
	_, err = to.transact(sum, ledger{}, func(t *transaction) error {
		for rows.Next() {
			var key string
			var value []byte
			var crc int64
			if rows.Scan(&key, &value, &crc) != nil || sum.pair(table, key, value) != crc {
				continue
			}
			if value == nil {
				value = []byte{}
			}
			if err := put(t, key, value); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
