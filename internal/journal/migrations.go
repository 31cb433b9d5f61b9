package journal

import (
	"context"
	"database/sql"
	"fmt"
)

// migration is one step from a schema version to the next. It runs in a
// transaction of its own, at the end of which the file has the new version: a
// crash in the middle leaves the file as it was before the step.
type migration func(ctx context.Context, conn *sql.Conn, sum *checksum) error

// migrations make a journal of any older version one of this version. The
// first step turns an empty file into version 1, the second one version 1 into
// version 2, and so on; a new journal runs all of them, so the tables are
// defined here and nowhere else.
//
// To change the schema:
//
//   - Append a step. Never change an older one: files have run it.
//   - Don't rewrite the table of events. It may have a million rows, more than
//     the disk has room for twice, and the step runs before anything else does.
//     ALTER TABLE ... ADD COLUMN with a default costs nothing.
//   - A row keeps its checksum, or gets the one of its new form if the old one
//     was right, and badChecksum if it was not: damaged rows must stay
//     recognisable.
//   - If salvage.go reads a table that the step changes, add a layout there, so
//     that a damaged file of the older version can still be read.
//   - Keep a journal of the older version under testdata, and extend
//     TestOlderVersionsOpen.
var migrations = []migration{
	statements(schema1),
	addRoutes,
}

// schemaVersion is the version that this program writes, as in PRAGMA
// user_version. Files of an older one are migrated, those of a newer one are
// refused.
var schemaVersion = int64(len(migrations))

// badChecksum is no CRC-32C, so no row is right with it.
const badChecksum = -1

// statements makes a migration of SQL alone.
func statements(query string) migration {
	return func(ctx context.Context, conn *sql.Conn, _ *checksum) error {
		_, err := conn.ExecContext(ctx, query)
		return err
	}
}

// schema1 can be read by people as well, with the sqlite3 command. Times are
// microseconds since 1970 UTC, crc32c is over all other columns of the row (see
// checksum). The body was the last column, so that reading the others of a long
// row doesn't touch its overflow pages.
const schema1 = `
CREATE TABLE events (
	id           INTEGER PRIMARY KEY, -- order; never used twice
	entity       TEXT NOT NULL,
	routing_key  TEXT NOT NULL,
	message_id   TEXT NOT NULL,
	time_us      INTEGER NOT NULL,
	supersedable INTEGER NOT NULL,
	crc32c       INTEGER NOT NULL,
	body         BLOB NOT NULL
);
CREATE TABLE positions (
	source   TEXT PRIMARY KEY,
	position BLOB NOT NULL,
	crc32c   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE states (
	key    TEXT PRIMARY KEY,
	value  BLOB NOT NULL,
	crc32c INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE recent ( -- states newer than those above, a row for each commit
	id     INTEGER PRIMARY KEY,
	states BLOB NOT NULL, -- see encodeStates
	crc32c INTEGER NOT NULL
);
CREATE TABLE publishers (
	name     TEXT PRIMARY KEY,
	released INTEGER NOT NULL, -- every event up to this id
	crc32c   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE tally (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	last_id INTEGER NOT NULL, -- the greatest event id ever used
	events  INTEGER NOT NULL, -- rows in the table of that name
	crc32c  INTEGER NOT NULL
);
CREATE TABLE damaged ( -- events whose crc32c is wrong, as they were found
	id, entity, routing_key, message_id, time_us, supersedable, crc32c, body
);
`

// schema2 adds the route of an event, a target's cursor for each of its routes,
// and the newest event of each route. Events of version 1 were all
// for the bus, and a checksum leaves that route out, so they stay as they are.
const schema2 = `
ALTER TABLE events ADD COLUMN route TEXT NOT NULL DEFAULT 'bus';
ALTER TABLE damaged ADD COLUMN route DEFAULT 'bus';
CREATE TABLE targets (
	name     TEXT,
	route    TEXT,
	released INTEGER NOT NULL, -- every event of the route up to this id
	crc32c   INTEGER NOT NULL,
	PRIMARY KEY (name, route)
) WITHOUT ROWID;
CREATE TABLE ledger (
	one     INTEGER PRIMARY KEY CHECK (one = 1),
	last_id INTEGER NOT NULL, -- the greatest event id ever used
	events  INTEGER NOT NULL, -- rows in the table of that name
	newest  TEXT NOT NULL,    -- JSON: the greatest id of each route
	crc32c  INTEGER NOT NULL
);
`

func addRoutes(ctx context.Context, conn *sql.Conn, sum *checksum) error {
	if _, err := conn.ExecContext(ctx, schema2); err != nil {
		return err
	}
	cursors, damaged, err := readPublishers1(conn, sum)
	if err != nil {
		return err
	}
	for c, released := range cursors {
		crc := sum.cursor(c.target, c.route, released)
		if _, err := conn.ExecContext(ctx, sqlPutTarget, c.target, c.route, released, crc); err != nil {
			return err
		}
	}
	for n := range damaged { // they count as damaged at the next reading
		if _, err := conn.ExecContext(ctx, sqlPutTarget, fmt.Sprint("damaged ", n), "", 0, badChecksum); err != nil {
			return err
		}
	}
	l, sound, err := readTally1(conn, sum)
	if err != nil {
		return err
	}
	crc := sum.ledger(l)
	if !sound {
		crc = badChecksum
	}
	if l.lastID > 0 || !sound {
		if _, err := conn.ExecContext(ctx, sqlPutLedger, l.lastID, l.events, l.encodeNewest(), crc); err != nil {
			return err
		}
	}
	_, err = conn.ExecContext(ctx, "DROP TABLE publishers; DROP TABLE tally")
	return err
}

// migrate brings an open file to schemaVersion.
func (s *store) migrate(ctx context.Context, sum *checksum) error {
	var version int64
	if err := s.conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version); err != nil {
		return err
	}
	switch {
	case version < 0:
		return fmt.Errorf("%w: its schema version is %d", errNotOurs, version)
	case version > schemaVersion:
		return newerError(version)
	case version == 0:
		var objects int
		if err := s.conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&objects); err != nil {
			return err
		}
		if objects != 0 {
			return fmt.Errorf("%w: it is a database of something else", errNotOurs)
		}
		if _, err := s.conn.ExecContext(ctx, newFilePragmas); err != nil {
			return err
		}
	}
	for ; version < schemaVersion; version++ {
		if err := s.step(ctx, migrations[version], version+1, sum); err != nil {
			return fmt.Errorf("bringing the schema to version %d: %w", version+1, err)
		}
	}
	return nil
}

func (s *store) step(ctx context.Context, do migration, version int64, sum *checksum) error {
	if _, err := s.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	err := do(ctx, s.conn, sum)
	if err == nil {
		_, err = s.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA user_version = %d; COMMIT", version))
	}
	if err != nil {
		// Some errors have rolled back already; then this one fails, and means
		// nothing.
		_, _ = s.conn.ExecContext(ctx, "ROLLBACK")
	}
	return err
}
